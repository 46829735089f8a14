"""How text reaches a terminal: colours of states, texts that cannot play tricks, folded paragraphs under a title.

What is said stands in the modules that print; here is only how it looks.
"""

from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.text import Text

COLOURS: Mapping[str, str] = {
    "unprotected": "bold red",
    "never": "red",
    "late": "yellow",
    "unknown": "magenta",
    "orphaned": "cyan",
    "protected": "green",
    "exempt": "dim",
}
TITLE = "bold"
QUIET = "dim"

Part = str | tuple[str, str]
"""A text, or a text and its style."""


def plain(text: str) -> str:
    """The text on one line, with what does not print spelled out: no escape sequence of an object's name is obeyed."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def paint(*parts: Part) -> Text:
    """The parts as one text. Nothing in them is markup."""
    text = Text(overflow="fold")
    for part in parts:
        said, style = (part, "") if isinstance(part, str) else part
        text.append(plain(said), style)
    return text


def tell(console: Console, *parts: Part, indent: int = 0) -> None:
    """One paragraph, folded where the terminal ends and indented as a whole."""
    for line in paint(*parts).wrap(console, max(1, console.width - indent)):
        line.rstrip()
        console.print(Text(" " * indent).append_text(line), soft_wrap=True)


def tell_title(console: Console, title: str) -> None:
    console.print()
    tell(console, (title, TITLE))


def tell_section(console: Console, title: str, lines: Iterable[tuple[Part, ...]]) -> None:
    """A title and its paragraphs; nothing where there are none."""
    lines = list(lines)
    if not lines:
        return
    tell_title(console, f"{title} ({len(lines)})")
    for line in lines:
        tell(console, *line, indent=2)
