"""How text reaches a ticket or a page in Markdown: nothing that an object says is markup there."""

from holdfast.cli.paint import plain

_MARKUP = frozenset("\\`*_~[]<>|&#")


def escaped(text: str) -> str:
    """The text on one line, as a reader of the rendered page sees it."""
    return "".join(f"\\{letter}" if letter in _MARKUP else letter for letter in plain(text))
