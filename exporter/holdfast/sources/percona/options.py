"""The few options of a pgBackRest restore that tell what came back. Of all others, keys among them, nothing is read."""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

_SPACE: Final = rb"(?:^\"|\s)"  # options stand one an item, or several in one as on a command line
_QUOTE: Final = rb"(?:\\\"|')?"
_END: Final = rb"(?=\"$|\s)"
_PART: Final = re.compile(rb"--db-(?:include|exclude)")
_TYPE: Final = re.compile(_SPACE + rb"--type=" + _QUOTE + rb"([a-z]+)" + _QUOTE + _END)
_TARGET: Final = re.compile(
    _SPACE
    + rb"--target="
    + _QUOTE
    + rb"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?[+-][0-9]{2}(?::?[0-9]{2})?)"
    + _QUOTE
    + _END
)


def is_partial(options: Iterable[msgspec.Raw] | None) -> bool:
    """Some databases only."""
    return any(_PART.search(bytes(option)) for option in options or ())


def target_of(options: Iterable[msgspec.Raw] | None) -> str | None:
    """The instant that ``--type=time`` asks for. Without an offset it depends on the server's zone, and is unknown."""
    written = [bytes(option) for option in options or ()]
    kinds = [kind for option in written for kind in _TYPE.findall(option)]
    targets = [target for option in written for target in _TARGET.findall(option)]
    return targets[0].decode() if kinds == [b"time"] and len(targets) == 1 else None
