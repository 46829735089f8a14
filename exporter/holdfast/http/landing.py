"""The page at /: what this is, how its sources do, where to go.

One document, without scripts and with nothing to fetch; it computes nothing.
"""

import base64
import hashlib
from html import escape

from holdfast.http.site import Landing, SourceLine

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1c2733}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #d6dde4}"
    "code{background:#eef2f5;padding:0 .25rem}"
    "@media(prefers-color-scheme:dark){body{background:#12181f;color:#dde5ec}"
    "th,td{border-color:#33404d}code{background:#222c36}a{color:#7db7ff}}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ABSENT = "not_installed"
_LINKS = (
    ("/metrics", "metrics for Prometheus"),
    ("/readyz", "whether every source has ended its first look"),
    ("/livez", "whether the program is alive"),
    ("/api/v1/report", "the whole judgement as JSON"),
)


def render(landing: Landing, ready: bool, waiting: tuple[str, ...]) -> str:
    where = f" in {escape(landing.cluster)}" if landing.cluster else ""
    links = "".join(f'<li><a href="{path}">{path}</a>: {text}</li>' for path, text in _LINKS)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Holdfast</title>'
        f"<style>{_STYLE}</style></head><body>"
        f"<h1>Holdfast</h1><p>Is the persistent data{where} safe? Version {escape(landing.version)}.</p>"
        f"{_readiness(ready, waiting)}<ul>{links}</ul>"
        "<p>Why is a claim judged as it is? <code>/api/v1/explain/pvc/NAMESPACE/NAME</code></p>"
        f"<h2>Sources</h2>{_table(landing)}</body></html>"
    )


def _readiness(ready: bool, waiting: tuple[str, ...]) -> str:
    if ready:
        return "<p>Ready.</p>"
    return "<p>Not ready yet:</p><ul>" + "".join(f"<li>{escape(reason)}</li>" for reason in waiting) + "</ul>"


def _table(landing: Landing) -> str:
    if not landing.sources:
        return "<p>None has reported yet.</p>"
    here = {line.source for line in landing.sources if line.state != _ABSENT}
    absent = dict.fromkeys(line.source for line in landing.sources if line.source not in here)
    rows = "".join(_row(line) for line in landing.sources if line.source in here)
    heads = "".join(f"<th>{head}</th>" for head in ("Source", "Kind", "State", ""))
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    return f"{table}<p>Not installed in this cluster: {escape(', '.join(absent))}.</p>" if absent else table


def _row(line: SourceLine) -> str:
    cells = (line.source, line.kind, line.state, line.detail)
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
