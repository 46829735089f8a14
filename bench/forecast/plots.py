"""Plots of what was foretold beside what came, as plain SVG that reads well on light and dark pages."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.forecast.scene import Series
from bench.forecast.subject import ask
from bench.forecast.volumes import Volume, make

_DAY = 86400.0
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 720, 320, 46, 34, 34


@dataclass(frozen=True, kw_only=True)
class Case:
    """A telling volume, and how many days before its end the fan is drawn (of what is seen of it)."""

    name: str
    title: str
    kind: str
    seed: int
    before: float


CASES = (
    Case(name="saw-tooth", title="A saw-tooth over slow growth", kind="sawtooth", seed=9001, before=6.0),
    Case(name="working-days", title="Growth on working days", kind="working_days", seed=9000, before=5.0),
    Case(
        name="pruned",
        title="Emptied on a fixed day, with a little more left each time",
        kind="pruned",
        seed=9025,
        before=9.0,
    ),
    Case(name="clean-up", title="People made room, and it grows on", kind="cleaned", seed=9019, before=5.0),
    Case(name="dumps", title="Backups written beside the data", kind="dumps", seed=9011, before=5.0),
    Case(name="burst", title="Something fills it within hours", kind="flooded", seed=9007, before=0.2),
    Case(name="wrong", title="Never full, and taken for filling", kind="collected", seed=9014, before=23.5),
)


def draw(folder: Path) -> None:
    """Writes one plot a case."""
    folder.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        folder.joinpath(f"{case.name}.svg").write_text(plot(case), encoding="utf-8")


def plot(case: Case) -> str:
    volume = make(case.kind, case.seed)
    look = volume.looks[np.searchsorted(volume.looks, volume.looks[-1] - case.before * _DAY)]
    return picture(case.title, volume, float(look))


def picture(title: str, volume: Volume, look: float) -> str:
    told, _ = ask(volume.times, volume.used, volume.capacity, np.array([look]))
    first, last = volume.times[0], max(volume.times[-1], look + 2 * _DAY)
    last = max(last, min(look + 14 * _DAY, look + float(np.nan_to_num(told.late[0], nan=0.0, posinf=0.0))))

    def x(times: Series | float) -> Series:
        return np.asarray(_LEFT + (np.asarray(times) - first) / (last - first) * (_WIDTH - _LEFT - 12))

    def y(shares: Series | float) -> Series:
        return np.asarray(_TOP + (1.05 - np.asarray(shares)) / 1.05 * (_HEIGHT - _TOP - _BOTTOM))

    good = np.isfinite(volume.used / volume.capacity)
    level = (volume.used / volume.capacity)[good][:: max(1, len(volume.used) // 3000)]
    times = volume.times[good][:: max(1, len(volume.used) // 3000)]
    now = float(level[np.searchsorted(times, look, "right") - 1])
    early, central, late = (float(bound[0]) for bound in (told.early, told.central, told.late))
    fan = [(x(look), y(now)), (x(min(look + early, last)), y(_at(now, early, last - look)))]
    fan.append((x(min(look + late, last)), y(_at(now, late, last - look))))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="20" font-size="14">{title}: {_told(early, central, late)}</text>',
        *_axes(float(x(first)), float(x(last)), (last - first) / _DAY, y),
    ]
    if np.isfinite(early):
        parts.append(f'<polygon points="{_points(fan)}" fill="#f2a65a" fill-opacity="0.35"/>')
    line = [(x(t), y(s)) for t, s in zip(times, level, strict=True)]
    parts.append(f'<polyline points="{_points(line)}" fill="none" stroke="#2f6690" stroke-width="1.2"/>')
    if np.isfinite(central):
        ends = [(x(look), y(now)), (x(min(look + central, last)), y(_at(now, central, last - look)))]
        parts.append(f'<polyline points="{_points(ends)}" fill="none" stroke="#c8553d" stroke-width="2"/>')
    parts.append(
        f'<line x1="{x(look):.1f}" x2="{x(look):.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}" stroke="#888" stroke-dasharray="3 3"/>'
    )
    return "\n".join([*parts, "</svg>", ""])


def _at(now: float, wait: float, seen: float) -> float:
    """The level of a line to full when it leaves the picture."""
    if not np.isfinite(wait):
        return now
    return now + (0.99 - now) * min(1.0, seen / max(wait, 1.0))


def _told(early: float, central: float, late: float) -> str:
    if not np.isfinite(central):
        return "not filling"
    end = f"{late / _DAY:.1f}" if np.isfinite(late) else "never"
    return f"full in {central / _DAY:.1f} days ({early / _DAY:.1f} to {end})"


def _axes(left: float, right: float, days: float, y: object) -> list[str]:
    scale = y if callable(y) else float
    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        at = float(scale(share))
        parts.append(f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 6:.1f}" y="{at + 4:.1f}" text-anchor="end">{share:.0%}</text>')
    for day in range(0, int(days) + 1, 7):
        at = left + day / days * (right - left)
        parts.append(f'<text x="{at:.1f}" y="{_HEIGHT - 14}" text-anchor="middle">day {day}</text>')
    return parts


def _points(points: list[tuple[Series, Series]]) -> str:
    return " ".join(f"{float(a):.1f},{float(b):.1f}" for a, b in points)
