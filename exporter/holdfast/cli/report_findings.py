"""The findings of a report for a reader: by check, the gravest first, and not more of each than anybody reads."""

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console

from holdfast.cli.paint import COLOURS, QUIET, Part, tell, tell_title
from holdfast.model.account.report import CheckPart, FindingPart
from holdfast.model.check import CHECKS

_MOST = 5  # objects of one check
_SEVERITIES: Final = {
    "critical": COLOURS["unprotected"],
    "warning": COLOURS["late"],
    "info": COLOURS["exempt"],
}


def tell_findings(
    console: Console, findings: Sequence[FindingPart], checks: Sequence[CheckPart] = ()
) -> None:
    """Nothing where there are none and all could be judged: that nothing was found says little where nobody could look."""
    unjudged = [check for check in checks if check.judged == "no"]
    if findings or unjudged:
        tell_title(console, f"Findings ({len(findings)})")
    for indent, parts in _lines(findings):
        tell(console, *parts, indent=indent)
    if unjudged:
        tell(console, (_told_unjudged(unjudged), QUIET), indent=2)


def _lines(findings: Sequence[FindingPart]) -> Iterator[tuple[int, tuple[Part, ...]]]:
    """Each with how far it is indented."""
    by_check: dict[str, list[FindingPart]] = {}
    for finding in findings:
        by_check.setdefault(finding.check, []).append(finding)
    for severity, colour in _SEVERITIES.items():
        for check in CHECKS.values():
            found = by_check.get(check.id, [])
            if found and check.severity == severity:
                count = f" ({len(found)})" if len(found) > 1 else ""
                yield 2, ((f"{severity} {check.id}", colour), f"{count}: {check.title}")
                yield from ((4, (_said(finding),)) for finding in found[:_MOST])
                if len(found) > _MOST:
                    more = f"and {len(found) - _MOST} more; --format json lists all of them"
                    yield 4, ((more, QUIET),)


def _told_unjudged(checks: Sequence[CheckPart]) -> str:
    count = "1 check" if len(checks) == 1 else f"{len(checks)} checks"
    kinds = sorted({kind for check in checks for kind in check.unseen})
    why = f" (not seen: {', '.join(kinds)})" if kinds else ""
    return f"{count} could not be judged: {', '.join(check.check for check in checks)}{why}"


def _said(finding: FindingPart) -> str:
    place = f"{finding.namespace}/{finding.name}" if finding.namespace else finding.name
    return f"{finding.kind} {place}: {finding.why}"
