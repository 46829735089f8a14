"""Pure judgement over facts, history, policy and an instant. No clock, no log, no I/O.

Every function returns its conclusion with the reason for it, and until when it holds if nothing else changes.
"""
