"""The table tells earlier of claims that cannot grow, as the alert does."""

import re

from tests.report.scenery import engine_of, gauged, usage
from tests.report.test_report_filling import SOON, mounted, section


def test_what_cannot_grow_is_told_of_twice_as_early() -> None:
    """Some six days are left, and four are built in."""
    objects = mounted()
    samples = usage(now=82, daily=3)
    assert section(gauged(engine_of(*objects), *samples), SOON) == []
    fixed = [
        each | {"allowVolumeExpansion": False} if each["kind"] == "StorageClass" else each for each in objects
    ]
    (line,) = section(gauged(engine_of(*fixed), *samples), SOON)
    assert re.match(r"shop/orders: full in \d+d.* / 8d.*; cannot grow: class forbids", line)
