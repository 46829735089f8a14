"""The nouns of Holdfast: frozen, keyword-only records that every layer may know.

Nothing here imports another of our layers, does I/O, reads a clock or decides anything.
Times are POSIX seconds (float), sizes are bytes (int), durations are seconds (float).
"""
