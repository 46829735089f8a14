"""Commands: arguments to settings to app, exit codes, and text for people. Nothing is decided here."""

from holdfast.cli.commands import main

__all__ = ["main"]
