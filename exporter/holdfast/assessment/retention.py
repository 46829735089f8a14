"""Are there enough recovery points, by day, week and month?"""

from collections.abc import Sequence
from datetime import UTC, datetime

from holdfast.model.health import Sight
from holdfast.model.objective import Objective
from holdfast.model.protection import Copy


def missing_points(
    objective: Objective, restorable: Sequence[Copy], sight: Sight
) -> tuple[tuple[str, int], ...]:
    """For each window asked for, how many of the wanted points there are not. Windows are days, ISO weeks and months
    of UTC: ``daily: 7`` asks for a point in each of seven different days. Unknown, so empty, while a source is blind.
    """
    if sight.blind:
        return ()
    days = {datetime.fromtimestamp(copy.captured, UTC).date() for copy in restorable}
    kept = {
        "daily": len(days),
        "weekly": len({day.isocalendar()[:2] for day in days}),
        "monthly": len({(day.year, day.month) for day in days}),
    }
    return tuple((window, max(0, wanted - kept[window])) for window, wanted in objective.keeps)
