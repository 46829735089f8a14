"""Options that several commands share, and how their values are read."""

import logging
import sys
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

FROM = Annotated[
    Path | None,
    typer.Option("--from", metavar="DIR", help="Read dumped objects from this folder instead of a cluster."),
]
NOW = Annotated[
    str | None,
    typer.Option("--now", metavar="TIME", help="Judge as of this time (RFC 3339, or seconds since 1970)."),
]
CONFIG = Annotated[
    list[Path] | None,
    typer.Option(
        "--config", metavar="FILE", help="Configuration; of several, a later one replaces top-level keys."
    ),
]
KUBECONFIG = Annotated[
    Path | None, typer.Option("--kubeconfig", metavar="FILE", help="Which kubeconfig to use.")
]
CONTEXT = Annotated[
    str | None, typer.Option("--context", metavar="NAME", help="Which of its contexts to use.")
]
HISTORY = Annotated[
    Path | None, typer.Option("--history", metavar="FILE", help="Read this history file, as serve keeps it.")
]
LOG_LEVEL = Annotated[
    str, typer.Option("--log.level", metavar="LEVEL", help="debug, info, warning or error.")
]
LOG_FORMAT = Annotated[str, typer.Option("--log.format", metavar="FORMAT", help="text or json.")]

_LATEST = 10_000_000_000.0  # in the year 2286
_LEVELS = ("debug", "info", "warning", "error")


def parse_now(text: str | None) -> float | None:
    """The instant that ``--now`` names; a time without an offset is UTC."""
    if text is None:
        return None
    try:
        instant = _instant(text)
    except (ValueError, OverflowError):
        instant = -1.0
    if not 0 <= instant < _LATEST:
        raise typer.BadParameter(
            f"{text!r} is no time; write it as 2026-11-21T03:00:00Z or as seconds since 1970",
            param_hint="--now",
        )
    return instant


def _instant(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def refuse_unknown(word: str, noun: str, known: Collection[str], flag: str) -> None:
    """What the flag was given is none of those that it takes."""
    if word not in known:
        raise typer.BadParameter(f"{word!r} is no {noun}; {noun}s are {', '.join(known)}", param_hint=flag)


class _JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(entry).decode()


def set_up_logging(level: str, log_format: str) -> None:
    """Logs go to stderr, so that what a command prints can be piped."""
    refuse_unknown(level, "level", _LEVELS, "--log.level")
    refuse_unknown(log_format, "format", ("text", "json"), "--log.format")
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(_JsonFormatter() if log_format == "json" else text)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
