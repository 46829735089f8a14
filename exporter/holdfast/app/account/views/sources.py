"""What is seen through, source by source: its kinds, since when something is out of sight, and what follows."""

from collections.abc import Iterable

from holdfast.app.account.document import source_parts
from holdfast.app.account.views.sentences import feed_sentence
from holdfast.app.engine import Engine
from holdfast.http.parts import SourceGroup
from holdfast.http.views import SourcesView
from holdfast.model.account.report import SourcePart
from holdfast.model.account.telling import moment
from holdfast.model.health import FeedHealth

STATES_WORST_FIRST = ("failing", "forbidden", "starting", "out_of_scope", "up", "disabled", "not_installed")


def sources_view(engine: Engine, now: float) -> SourcesView:
    groups = source_groups(engine, now)
    here = [group for group in groups if group.state not in ("not_installed", "disabled")]
    here.sort(key=lambda group: (not group.blind, STATES_WORST_FIRST.index(group.state), group.source))
    return SourcesView(
        now=moment(now),
        cluster=engine.policy.cluster,
        sources=tuple(here),
        not_installed=tuple(group.source for group in groups if group.state == "not_installed"),
        disabled=tuple(group.source for group in groups if group.state == "disabled"),
    )


def source_groups(engine: Engine, now: float) -> list[SourceGroup]:
    """By name."""
    parts: dict[str, list[SourcePart]] = {}
    for part in source_parts(engine):
        parts.setdefault(part.source, []).append(part)
    feeds: dict[str, list[FeedHealth]] = {}
    for health in sorted(engine.feeds, key=lambda health: health.kind):
        feeds.setdefault(health.source, []).append(health)
    return [_group(engine, name, parts[name], feeds[name], now) for name in sorted(parts)]


def _group(
    engine: Engine, name: str, parts: Iterable[SourcePart], feeds: list[FeedHealth], now: float
) -> SourceGroup:
    blind = name in engine.sight.blind
    lost = [health.lost_since for health in feeds if health.lost_since is not None]
    told = (feed_sentence(health, now) for health in feeds)
    why = ". ".join(sentence for sentence in told if sentence)
    if blind:
        why = f"{why}. " if why else ""
        why += "Whether its copies protect claims is unknown"
    return SourceGroup(
        source=name,
        state=min((health.state for health in feeds), key=STATES_WORST_FIRST.index),
        blind=blind,
        lost_since=moment(min(lost)) if lost else None,
        why=why,
        kinds=tuple(parts),
    )
