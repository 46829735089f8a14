"""Families about how storage is set up: findings, checks, and the go-live checklist."""

from collections.abc import Iterable, Sequence
from typing import get_args

from holdfast.metrics.family import Family, Row
from holdfast.model.check import CHECKS, JUDGED, Severity
from holdfast.model.checklist import ITEM_STATES, ITEMS, ChecklistJudgement
from holdfast.model.judgement import CheckJudgement, Finding


def _findings(findings: Sequence[Finding]) -> Iterable[Row]:
    return [((f.check, f.on.kind, f.on.namespace, f.on.name), 1) for f in findings]


def _check(check: CheckJudgement) -> Iterable[Row]:
    return (((check.severity, check.judged), 1),)


def _checklist(checklist: ChecklistJudgement) -> Iterable[Row]:
    return [((item.item, item.state), 1) for item in checklist.items]


CHECK_FAMILIES = (
    Family(
        name="holdfast_finding",
        help="1 per open finding on how storage is set up.",
        noun="finding",
        further=("check", "kind", "namespace", "name"),
        rows=_findings,
        vocabulary={"check": tuple(CHECKS)},
    ),
    Family(
        name="holdfast_check_info",
        help="1: the check, its severity, and whether it could be judged.",
        noun="check",
        further=("severity", "judged"),
        rows=_check,
        vocabulary={"severity": get_args(Severity), "judged": tuple(JUDGED)},
    ),
    Family(
        name="holdfast_checklist_state",
        help="1 for the state in force of each item of the go-live checklist.",
        noun="checklist",
        further=("item", "state"),
        rows=_checklist,
        vocabulary={"item": tuple(ITEMS), "state": ITEM_STATES},
    ),
)
