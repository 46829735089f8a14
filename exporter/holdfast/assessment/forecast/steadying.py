"""What several looks at one volume agree on: a volume that fills in days need not change its mind within the hour.

A look is the forecast as it was, or would have been, some hours ago, from what was known then. Looks are taken at fixed
hours of the day, so that two forecasts an hour apart rest on the same ones.
"""

import numpy as np

from holdfast.assessment.forecast.readings import Singles

EVERY = 6
"""Hours between looks."""

LOOKS = 5
REMEMBERED = 2
"""Looks of which it is told what was said at them: those of the last twelve hours."""

_OLDEST = 24.0  # hours between two looks of which one says something about the other
_SHARE = 0.25  # of the time to full: so old may a look be, and still count
_LEAST = np.float32(0.3)  # hours; a time to full that should have passed


def steadied(now: Singles, looks: Singles, ages: Singles) -> tuple[Singles, Singles]:
    """Log hours to full from now, and from each of the remembered looks, each [early, central, late] first.

    ``now`` is [3, volumes], ``looks`` [looks, 3, volumes], both log hours, NaN where a look could not be taken;
    ``ages`` is [looks, volumes], hours.
    """
    said = np.exp(np.concatenate((now[None], looks)))
    age = np.concatenate((np.zeros((1, ages.shape[1]), np.float32), ages))
    agreed = [_agreed(said[at:], age[at:] - age[at]) for at in range(REMEMBERED + 1)]
    return agreed[0], np.stack(agreed[1:])


def _agreed(said: Singles, since: Singles) -> Singles:
    """The mean of log times to full over the first look and those before it that are new enough to count."""
    counts = (since <= _SHARE * said[0, 1]) & (since <= _OLDEST) & ~np.isnan(said[:, 1])
    counts[0] = True
    left = np.log(np.maximum(said - since[:, None], _LEAST))
    agreed: Singles = np.where(counts[:, None], left, 0.0).sum(axis=0) / counts.sum(axis=0)
    return agreed.astype(np.float32, copy=False)
