"""Plans, runs, places and restores as most backup tools keep them, and what they say of a claim.

A source whose tool keeps one object a run reads it into these records and hands ``Tool``'s functions to its ``Source``.
"""
