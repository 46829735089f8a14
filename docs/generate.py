"""Writes what is generated and committed: ``make generate``. A test compares, so that nothing drifts.

One visible table says which file comes from what. Nothing here is computed that the program does not already know.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from typer.testing import CliRunner

from docs.checks import checks_page
from docs.tells import WORDS, proofs
from holdfast.app.rbac import rules_by_source
from holdfast.assessment.protection import STATE_TABLE
from holdfast.cli.commands import app
from holdfast.http.openapi import openapi_text
from holdfast.metrics.catalogue import FAMILIES
from holdfast.metrics.family import Family
from holdfast.metrics.process import ProcessFamily
from holdfast.model import capacity, cost, filling, judgement
from holdfast.model.check import CHECKS, JUDGED
from holdfast.sources.table import SOURCES

ROOT = Path(__file__).resolve().parent.parent

MEANINGS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("holdfast_pvc_protection_state", "state"): {row.state: row.rule for row in STATE_TABLE},
    ("holdfast_pvc_protection_reason", "reason"): judgement.PROTECTION_REASONS,
    ("holdfast_pvc_orphaned", "reason"): judgement.ORPHAN_REASONS,
    ("holdfast_pvc_dormant", "reason"): judgement.DORMANT_REASONS,
    ("holdfast_pvc_pending_seconds", "reason"): judgement.PENDING_REASONS,
    ("holdfast_pvc_terminating_seconds", "reason"): judgement.TERMINATING_REASONS,
    ("holdfast_pv_orphaned", "reason"): judgement.VOLUME_ORPHAN_REASONS,
    ("holdfast_volumesnapshot_orphaned", "reason"): judgement.SNAPSHOT_ORPHAN_REASONS,
    ("holdfast_volumesnapshotcontent_orphaned", "reason"): judgement.CONTENT_ORPHAN_REASONS,
    ("holdfast_volumeattachment_dangling", "reason"): judgement.ATTACHMENT_DANGLING_REASONS,
    ("holdfast_pvc_usage_unmeasured", "reason"): filling.UNMEASURED_REASONS,
    ("holdfast_pvc_forecast_unknown", "reason"): filling.FORECAST_UNKNOWN_REASONS,
    ("holdfast_pvc_not_expandable", "reason"): capacity.NOT_EXPANDABLE_REASONS,
    ("holdfast_unpriced_objects", "reason"): cost.UNPRICED_REASONS,
    ("holdfast_waste_objects", "reason"): cost.WASTE_REASONS,
    ("holdfast_waste_monthly_cost", "reason"): cost.WASTE_REASONS,
    ("holdfast_check_info", "judged"): JUDGED,
    ("holdfast_finding", "check"): {check.id: check.title for check in CHECKS.values()},
}
"""What the values of a closed label mean, where the program says it in words."""

GENERATED = "<!-- Generated from the code; change it there and run: make generate -->\n"

METRICS_HEAD = """# Metric reference

Every family that Holdfast publishes, from its catalogue. An absent series means *unknown*, unless its
help says that it is told only where something is wrong; a zero is a measured zero.
A cluster-scoped object writes an empty `namespace` label where the family has one.

**Origin.** *objects*: the same for equal objects, history, configuration and instant, on every replica, and what
`holdfast report --format prometheus` prints. *watching*: about what this process sees through. *process*: about the
process itself.

**Over replicas.** Every replica serves everything. Fold equal series with the function named before you count or sum:
`sum(max by (cluster, namespace, persistentvolumeclaim) (…))`.

Common labels, once: claims carry `namespace` and `persistentvolumeclaim`; these never move in the life of a claim.
What moves (volume, class, workload, tier) stands in `holdfast_pvc_info`.

| family | type | labels | origin | over replicas |
| --- | --- | --- | --- | --- |
"""


def metrics_page() -> str:
    """The metric reference."""
    lines = [GENERATED, METRICS_HEAD]
    for family in FAMILIES:
        labels = ", ".join(f"`{label}`" for label in family.labels) or "none"
        lines.append(
            f"| [`{family.name}`](#{family.name}) | {family.type} | {labels} | {family.origin} | {family.aggregation} |\n"
        )
    lines.extend(_entry(family) for family in FAMILIES)
    return "".join(lines)


def _entry(family: Family | ProcessFamily) -> str:
    text = [f"\n## {family.name}\n\n{family.help}"]
    if family.clock:
        text.append(" Moves with the clock: it is computed at the scrape.")
    if family.stability != "stable":
        text.append(f" {family.stability.capitalize()}: may change in any release.")
    text.append("\n")
    for label, values in family.vocabulary.items():
        meanings = MEANINGS.get((family.name, label))
        if meanings:
            text.append(f"\n| `{label}` | meaning |\n| --- | --- |\n")
            text.extend(f"| `{value}` | {meanings[value]} |\n" for value in values)
        else:
            text.append(f"\n`{label}`: {', '.join(f'`{value}`' for value in values)}\n")
    return "".join(text)


ALERTS_HEAD = """# Alerts

Every alert in `rules/`, each with its runbook. Severities are `critical` (somebody is woken), `warning` (a ticket) and
`info`. **for** is how long the condition must hold first.

Summaries are shortened: N is the alert's value, a word in capitals one of its labels. What a summary adds only for some
alerts, such as the cluster or the schedule at fault, is left out.

| alert | severity | area | for | summary |
| --- | --- | --- | --- | --- |
"""


def alerts_page() -> str:
    """The index of alerts, from the rules themselves."""
    lines = [GENERATED, ALERTS_HEAD]
    for path in sorted((ROOT / "rules").glob("*.yaml")):
        groups = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        lines.extend(_alert(rule) for group in groups for rule in group["rules"] if "alert" in rule)
    return "".join(lines)


def _alert(rule: Mapping[str, Any]) -> str:
    name, labels = rule["alert"], rule["labels"]
    summary = _plain(rule["annotations"]["summary"])
    return f"| [{name}](runbooks/{name}.md) | {labels['severity']} | {labels['area']} | {rule['for']} | {summary} |\n"


_CHOICE = re.compile(
    r"{{ (?:with|if) [^}]*}}(?:(?!{{ end }}).)*?(?:{{ else }}((?:(?!{{ end }}).)*))?{{ end }}"
)
_LABEL = re.compile(r"{{ \$labels\.(\w+) }}")
_VALUE = re.compile(r"{{ (?:\$value(?: \| (?:humanize\w*|printf \"%\.\df\"))?|printf \"%\.\df\" \$value) }}")


def _plain(template: str) -> str:
    """A template without its braces; of a choice stands what is said otherwise."""
    text = _CHOICE.sub(lambda match: match[1] or "", template)
    text = _VALUE.sub("N", _LABEL.sub(lambda match: match[1].upper(), text))
    if "{{" in text:
        raise ValueError(f"{template!r} holds a template that cannot be told in words; teach _plain to")
    return text


def rbac_file() -> str:
    """What the chart's role is made of: the rights of each source."""
    head = "# Generated from the sources' feeds; change those and run: make generate\n"
    return head + yaml.safe_dump(dict(rules_by_source(SOURCES)), sort_keys=False)


def commands_page() -> str:
    """Every command's help, as the program prints it."""
    lines = [GENERATED, "# Commands\n"]
    for words in COMMANDS:
        shown = " ".join(("holdfast", *words))
        printed = (
            CliRunner(env={"COLUMNS": "80"}).invoke(app, [*words, "--help"], prog_name="holdfast").output
        )
        text = "\n".join(line.rstrip() for line in printed.strip().splitlines())
        lines.append(f"\n## {shown}\n\n```text\n{text}\n```\n")
    return "".join(lines)


TELLS = re.compile(r"(<!-- what sources tell: made by `make generate` -->\n).*?(<!-- end -->)", re.DOTALL)


def sources_page() -> str:
    """The page of sources, with the table of what each can tell; the rest is written by hand."""
    page = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    return TELLS.sub(lambda found: found[1] + _tells_table() + found[2], page)


def _tells_table() -> str:
    backed = proofs()
    lines = [f"| source | {' | '.join(WORDS.values())} |\n|{' --- |' * (len(WORDS) + 1)}\n"]
    for source in SOURCES:
        cells = [
            f'[yes](../{tests[0].path} "{tests[0].name}")' if word in source.tells and tests else ""
            for word in WORDS
            for tests in [backed.get((source.name, word), [])]
        ]
        if any(cells):
            lines.append(f"| [{source.name}](#{source.name}) | {' | '.join(cells)} |\n")
    return "".join(lines)


COMMANDS: tuple[tuple[str, ...], ...] = (
    (),
    ("serve",),
    ("report",),
    ("explain", "pvc"),
    ("config", "check"),
    ("rbac",),
    ("checklist",),
    ("waste",),
    ("rules",),
    ("demo",),
    ("version",),
)

FILES: Mapping[str, Callable[[], str]] = {
    "docs/openapi.json": lambda: openapi_text().decode(),
    "docs/metrics.md": metrics_page,
    "docs/commands.md": commands_page,
    "docs/alerts.md": alerts_page,
    "docs/checks.md": lambda: GENERATED + checks_page(),
    "docs/sources.md": sources_page,
    "helm/holdfast/files/rbac.yaml": rbac_file,
}
"""Every generated file with what makes it. The chart's copies of rules and dashboards are ``helm/sync.py``'s."""


def drifted() -> Iterable[str]:
    """Files that are not what would be generated now."""
    for name, make in FILES.items():
        path = ROOT / name
        if not path.is_file() or path.read_text(encoding="utf-8") != make():
            yield name


def main() -> None:
    """Writes every file that drifted and says which."""
    for name in list(drifted()):
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(FILES[name](), encoding="utf-8")
        print(f"wrote {name}")


if __name__ == "__main__":
    main()
