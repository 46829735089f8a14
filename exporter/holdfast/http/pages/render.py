"""Templates made into text: compiled once at the start, strict about what they are handed, escaping all that they show.

Here belongs how a template is run and what all pages share. Which page answers which path belongs to ``routes``.
"""

import asyncio
import base64
import hashlib
import re
import time
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from holdfast.http.pages import telling, words
from holdfast.http.pages.links import Link, claim_path

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SLICE = 0.010  # seconds of rendering before the loop is let go
MENU: Final = (
    ("/", "Overview"),
    ("/claims", "Claims"),
    ("/schedules", "Schedules"),
    ("/sources", "Sources"),
    ("/findings", "Findings"),
    ("/checklist", "Checklist"),
    ("/compliance", "Compliance"),
    ("/waste", "Waste"),
)


def _style() -> str:
    """The style sheet without what only its authors need."""
    lines = files(__package__).joinpath("style.css").read_text(encoding="utf-8").splitlines()
    return "".join(line.strip() for line in lines)


STYLE: Final = _style()
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'; "
    "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def _spelled(value: Any) -> Any:
    """A text with its control characters spelled out; what is no plain text, markup of ours among it, as it is."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", value)


class Renderer:
    """Every template of the package, ready to be filled."""

    def __init__(self) -> None:
        environment = Environment(
            loader=PackageLoader(__package__, "templates"),
            autoescape=True,
            finalize=_spelled,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        for function in (words.tone, words.since, words.stamp, words.share, words.plural):
            environment.filters[function.__name__] = function
        environment.filters.update(telling.FILTERS)
        environment.globals.update(
            claim_path=claim_path,
            style=Markup(STYLE),  # noqa: S704 - our own file, which holds no markup
            menu=MENU,
        )
        self._templates = {name: environment.get_template(name) for name in environment.list_templates()}

    async def page(self, name: str, link: Link, **shown: Any) -> str:
        """The HTML of a page, made in slices. ``shown`` has at least ``version``, ``cluster``, ``json`` and ``now``."""
        pieces = []
        end = time.monotonic() + _SLICE
        template = self._templates[f"{name}.html"]
        for piece in template.generate(query=link, here=_menu_entry(link.path), **shown):
            pieces.append(piece)
            if time.monotonic() > end:
                await asyncio.sleep(0)
                end = time.monotonic() + _SLICE
        return "".join(pieces)


def _menu_entry(path: str) -> str:
    return "/" + path.split("/")[1]
