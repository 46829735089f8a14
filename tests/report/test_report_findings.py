"""Findings as a person reads them: by check, the gravest first, and not more of each than anybody reads."""

import io

from rich.console import Console

from holdfast.cli.report_findings import tell_findings
from holdfast.model.account.report import CheckPart, FindingPart
from holdfast.model.check import CHECKS


def found(check: str, name: str, why: str = "it is so") -> FindingPart:
    severity = CHECKS[check].severity
    return FindingPart(
        check=check, severity=severity, kind="PersistentVolumeClaim", namespace="shop", name=name, why=why
    )


def printed(*findings: FindingPart) -> list[str]:
    text = io.StringIO()
    tell_findings(Console(file=text, width=100), findings)
    return [line.rstrip() for line in text.getvalue().splitlines() if line]


def test_the_gravest_check_comes_first_and_each_says_what_it_means() -> None:
    lines = printed(found("no-owner", "a"), found("stranded-volume", "b", "its node is gone"))
    assert lines == [
        "Findings (2)",
        "  critical stranded-volume: no node that takes pods can use the volume",
        "    PersistentVolumeClaim shop/b: its node is gone",
        "  info no-owner: nobody is named as the owner of the data",
        "    PersistentVolumeClaim shop/a: it is so",
    ]


def test_of_many_objects_five_are_named_and_all_are_counted() -> None:
    lines = printed(*(found("no-owner", f"claim-{number}") for number in range(7)))
    assert lines[1] == "  info no-owner (7): nobody is named as the owner of the data"
    assert lines[-1] == "    and 2 more; --format json lists all of them"
    assert len(lines) == 8


def test_nothing_is_printed_where_nothing_is_found() -> None:
    assert printed() == []


def test_checks_that_could_not_be_judged_are_named_even_where_nothing_is_found() -> None:
    text = io.StringIO()
    checks = [
        CheckPart(check="no-owner", severity="info", judged="yes", unseen=()),
        CheckPart(check="unencrypted", severity="warning", judged="off", unseen=()),
        CheckPart(check="hostpath-data", severity="warning", judged="no", unseen=("Pod",)),
        CheckPart(check="drain-unsafe", severity="warning", judged="no", unseen=("Node", "Pod")),
    ]
    tell_findings(Console(file=text, width=100), (), checks)
    assert text.getvalue() == (
        "\nFindings (0)\n  2 checks could not be judged: hostpath-data, drain-unsafe (not seen: Node, Pod)\n"
    )
