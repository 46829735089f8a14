"""How good a forecaster is: what it said at each look beside the truth, over many volumes."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.forecast.scene import Series

Flags = NDArray[np.bool_]
_DAY = 86400.0
WITHIN = 4.0 * _DAY
NEAR = 1.5 * WITHIN  # an alarm is a true one up to here
BRIDGE = 6  # looks without alarm that do not end one
MONTH = 730.5  # looks, one an hour


@dataclass
class Tally:
    """Counts over volumes; the figures are made of them."""

    looks: int = 0
    alarms: int = 0
    false_alarms: int = 0
    false_looks: int = 0
    due: int = 0  # looks within four days of full that could be foreseen
    warned: int = 0
    fulls: int = 0
    missed: int = 0
    leads: list[float] = field(default_factory=list)
    errors: dict[int, list[float]] = field(default_factory=lambda: {1: [], 3: [], 7: []})
    bounded: int = 0
    inside: int = 0

    def add(self, truth: Series, foreseen: Series, told: tuple[Series, Series, Series], alarm: Flags) -> None:
        central, early, late = told
        runs = _runs(alarm)
        self.looks += len(truth)
        self.alarms += len(runs)
        self.false_alarms += sum(1 for first, _ in runs if truth[first] > NEAR)
        for first, last in runs:
            self.false_looks += int((truth[first : last + 1] > NEAR).sum())
        near = (truth <= WITHIN) & (foreseen <= NEAR)
        self.due += int(near.sum())
        self.warned += int((near & alarm).sum())
        with np.errstate(invalid="ignore"):
            sure = np.isfinite(truth) & (np.abs(foreseen - truth) <= 0.3 * truth)
            judged = sure & (truth <= 14.0 * _DAY) & ~np.isnan(early)
        self.bounded += int(judged.sum())
        self.inside += int(
            (judged & (early <= truth) & (truth <= np.where(np.isnan(late), np.inf, late))).sum()
        )
        if len(truth) and truth[-1] <= 2.0 * _DAY:
            self._full(truth, sure, central, runs)

    def join(self, other: "Tally") -> None:
        """Takes the counts of another in."""
        for name in (
            "looks",
            "alarms",
            "false_alarms",
            "false_looks",
            "due",
            "warned",
            "fulls",
            "missed",
            "bounded",
            "inside",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.leads += other.leads
        for days, errors in other.errors.items():
            self.errors[days] += errors

    def _full(self, truth: Series, sure: Flags, central: Series, runs: list[tuple[int, int]]) -> None:
        if foreseeable := bool((sure & (truth >= 2.0 * _DAY)).any()):
            self.fulls += 1
        stands = [first for first, last in runs if last >= len(truth) - 1 - BRIDGE]
        if foreseeable and not stands:
            self.missed += 1
        if foreseeable:
            self.leads.append(min(float(truth[stands[-1]]), NEAR) / 3600.0 if stands else 0.0)
        for days, errors in self.errors.items():
            at = sure & (np.abs(truth - days * _DAY) <= 3.0 * 3600.0)
            if at.any():
                error = np.minimum(np.abs(central[at] - truth[at]) / truth[at], 10.0)
                errors.append(float(np.median(np.where(np.isnan(error), 10.0, error))))

    def figures(self) -> dict[str, float]:
        """Shares, days and hours; NaN where there was nothing to judge."""
        months = self.looks / MONTH
        true = self.alarms - self.false_alarms
        middle = {f"error {days} d": float(np.median(x)) if x else np.nan for days, x in self.errors.items()}
        return {
            "precision": _ratio(true, self.alarms),
            "missed": _ratio(self.missed, self.fulls),
            "hours alarmed": _ratio(self.warned, self.due),
            "lead h": float(np.median(self.leads)) if self.leads else np.nan,
            "false alarms": _ratio(self.false_alarms, months),
            "false days": _ratio(self.false_looks / 24.0, months),
            **middle,
            "covers": _ratio(self.inside, self.bounded),
        }


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else np.nan


def _runs(alarm: Flags) -> list[tuple[int, int]]:
    """First and last look of each alarm, short gaps bridged."""
    runs: list[tuple[int, int]] = []
    for place in np.flatnonzero(alarm).tolist():
        if runs and place - runs[-1][1] <= BRIDGE + 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs
