"""``python -m tests.rules.case_table``: for each alert, which kinds of cases prove it, as a table in Markdown.

Here belongs counting what stands in the case files. What is demanded of an alert belongs to test_rules.py.
"""

from collections.abc import Callable, Mapping, Sequence

from tests.rules import pack
from tests.rules.catalogue import exported
from tests.rules.foreign import foreign
from tests.rules.pack import Alert, Look

CATALOGUE = {**exported(), **foreign()}
Looks = Sequence[Look]


def _known(look: Look) -> bool:
    return any(series.partition("{")[0] in CATALOGUE for series in look.input)


def _boundaries(_: Alert, looks: Looks) -> int:
    return sum(
        before.case == after.case
        and not before.firing
        and bool(after.firing)
        and 0 < after.at - before.at <= before.step
        for before in looks
        for after in looks
    )


KINDS: Mapping[str, Callable[[Alert, Looks], int]] = {
    "cases": lambda _, looks: len({look.case for look in looks}),
    "every word": lambda _, looks: sum(bool(look.firing) and look.words for look in looks),
    "boundary": _boundaries,
    "silent": lambda alert, looks: sum(
        not look.firing and look.at > pack.seconds(alert.wait) and _known(look) for look in looks
    ),
    "no data": lambda _, looks: sum(not _known(look) for look in looks),
    "replicas": lambda _, looks: sum(
        bool(look.firing) and len(look.values("instance")) > 1 for look in looks
    ),
    "clusters": lambda _, looks: sum(bool(look.firing) and len(look.values("cluster")) > 1 for look in looks),
    "namesakes": lambda _, looks: sum(bool(look.firing) and look.namesakes for look in looks),
}
"""By kind, how many looks of it there are; a case may be of several kinds."""


def table() -> list[str]:
    looks = pack.looks()
    lines = [f"| alert | {' | '.join(KINDS)} |", "| --- |" + " ---: |" * len(KINDS)]
    for alert in pack.alerts(CATALOGUE):
        mine = [look for look in looks if look.alert == alert.name]
        counts = " | ".join(str(count(alert, mine)) for count in KINDS.values())
        lines.append(f"| {alert.name} | {counts} |")
    return lines


if __name__ == "__main__":
    print("\n".join(table()))
