"""Commands: arguments to settings to app, exit codes, and text for people. Nothing is decided here."""

import os

# before numpy is loaded: its threads would only take turns over the small matrices of a forecast
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from holdfast.cli.commands import main

__all__ = ["main"]
