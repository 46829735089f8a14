"""The report's entries of what a claim, a volume or a snapshot costs: an amount, or null and why. Nothing is judged here."""

from holdfast.app.account.waste import part_of
from holdfast.app.engine import Engine
from holdfast.model.account.report import MoneyPart
from holdfast.model.account.telling import UNTOLD
from holdfast.model.cost import UNBILLED_REASONS, UNPRICED_REASONS, CostJudgement
from holdfast.model.identity import Subject


def monthly_cost(noun: str, key: tuple[str, ...], engine: Engine) -> tuple[MoneyPart | None, str]:
    """``noun`` is one of ``model.cost.COSTED``."""
    judged = engine.judgement(Subject(noun, tuple(key)))
    if not isinstance(judged, CostJudgement):
        return None, "no prices are configured" if engine.policy.prices is None else UNTOLD
    reason = UNPRICED_REASONS.get(judged.unpriced) or UNBILLED_REASONS.get(judged.unbilled, "")
    return part_of(judged.amount, judged.currency), reason
