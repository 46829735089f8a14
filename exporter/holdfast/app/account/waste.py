"""What could be saved, dearest first, with what a person would run for it. Changes nothing, and judges nothing anew.

The command ``waste`` prints it; its rows are those of ``/api/v1/waste``.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from shlex import quote

import msgspec

from holdfast.app.engine import Engine
from holdfast.assessment.withholding import (
    foreign_finalizers,
    is_declared,
    unjudged,
    withheld_claim,
    withheld_content,
    withheld_snapshot,
    withheld_volume,
)
from holdfast.http.views import WasteRow, WasteSum
from holdfast.model.account.report import MoneyPart
from holdfast.model.account.telling import humane, moment_if
from holdfast.model.cost import COSTED, WASTE_REASONS, CostJudgement, Waste, money
from holdfast.model.facts import Claim, Volume
from holdfast.model.identity import CLAIM, SNAPSHOT, VOLUME, ClaimRef, Subject
from holdfast.model.judgement import (
    DORMANT_REASONS,
    ORPHAN_REASONS,
    SNAPSHOT_ORPHAN_REASONS,
    VOLUME_ORPHAN_REASONS,
    ClaimJudgement,
    SnapshotJudgement,
    VolumeJudgement,
)
from holdfast.model.snapshots import Snapshot, SnapshotContent
from holdfast.model.surroundings import Namespace

_LONGEST = 200  # characters of a handle that are shown
_LONGEST_NAME = 253
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_MISNAMED = "no command is given, as not all of its names are such as Kubernetes takes: a command could read them as something else"


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A row, the namespace of whose data it speaks, and its amount in millionths."""

    row: WasteRow
    home: str
    amount: int | None


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """Why it is waste, in words; what to be careful about; and what a person would run, in this order."""

    why: str
    caution: str
    commands: tuple[str, ...]


def find_waste(engine: Engine) -> list[Found]:
    """Dearest first, then largest; what has no known price comes after what has."""
    return ordered(each for noun in COSTED for each in waste_of(noun, engine))


def waste_of(noun: str, engine: Engine) -> Iterator[Found]:
    """That of one noun, in the order of keys. Each takes some microseconds."""
    for judged in costs_of(engine, noun):
        if judged.waste is not None:
            yield found_of(COSTED[noun], judged, judged.waste, engine)


def ordered(found: Iterable[Found]) -> list[Found]:
    return sorted(found, key=_order)


def costs_of(engine: Engine, noun: str) -> Iterator[CostJudgement]:
    """All of one noun, in the order of their keys."""
    return (judged for judged in engine.judgements(noun) if isinstance(judged, CostJudgement))


def _order(found: Found) -> tuple[float, float, str, str, str]:
    row = found.row
    amount = -1 if found.amount is None else found.amount
    return -amount, -(row.size_bytes or 0), row.kind, row.namespace, row.name


def found_of(kind: str, judged: CostJudgement, waste: Waste, engine: Engine) -> Found:
    key = judged.key
    home, advice = _ADVICE[kind](key, waste, engine)
    advice = _withheld(advice, tuple(_doubts(kind, key, waste, engine)))
    owner = _owner(kind, key, home, engine)
    row = WasteRow(
        kind=kind,
        namespace=key[0] if len(key) > 1 else "",
        name=key[-1],
        reason=waste.reason,
        why=advice.why,
        owner=owner,
        since=moment_if(waste.since),
        size_bytes=waste.size,
        monthly_cost=part_of(waste.amount, judged.currency),
        estimate=waste.reason == "unused-space",
        caution=advice.caution,
        commands=advice.commands,
    )
    return Found(row=row, home=home, amount=waste.amount)


def _withheld(advice: Advice, doubts: tuple[str, ...]) -> Advice:
    """Only the first command is left, which looks and deletes nothing."""
    if not doubts:
        return advice
    told = "".join(letter if letter.isprintable() else "?" for letter in "; ".join(doubts))
    caution = "; ".join(filter(None, (f"no command is given: {told}", advice.caution)))
    return msgspec.structs.replace(advice, caution=caution, commands=advice.commands[:1])


def _doubts(kind: str, key: tuple[str, ...], waste: Waste, engine: Engine) -> Iterator[str]:
    facts, setting = engine.facts, engine.setting(0.0)  # none of them goes by the clock
    if kind == "PersistentVolume":
        if volume := facts.get(Volume, *key):
            yield from withheld_volume(volume, setting)
    elif kind == "VolumeSnapshot":
        if snapshot := facts.get(Snapshot, *key):
            yield from withheld_snapshot(snapshot, setting)
    elif kind == "VolumeSnapshotContent":
        if content := facts.get(SnapshotContent, *key):
            yield from withheld_content(content, setting)
    elif waste.reason != "unused-space" and (claim := facts.get(Claim, *key)):
        judged = engine.judgement(Subject(CLAIM, claim.ref))
        use = judged.usage.reason if isinstance(judged, ClaimJudgement) else ""
        yield from withheld_claim(claim, use, waste, setting)


def part_of(amount: int | None, currency: str) -> MoneyPart | None:
    return None if amount is None else MoneyPart(amount=money(amount), currency=currency)


def _owner(kind: str, key: tuple[str, ...], home: str, engine: Engine) -> str:
    """Who is named for it, or else the namespace of its data."""
    if kind == "PersistentVolumeClaim":
        claim = engine.judgement(Subject(CLAIM, ClaimRef(*key)))
        if isinstance(claim, ClaimJudgement) and claim.objective.owner:
            return claim.objective.owner
    namespace = engine.facts.get(Namespace, home) if home else None
    return (namespace.annotations.owner if namespace else None) or home


def sums(found: Iterable[Found], name_of: Callable[[Found], str], currency: str) -> tuple[WasteSum, ...]:
    """By namespace or owner, dearest first."""
    objects: dict[str, int] = {}
    amounts: dict[str, int] = {}
    for each in found:
        name = name_of(each)
        objects[name] = objects.get(name, 0) + 1
        if each.amount is not None:
            amounts[name] = amounts.get(name, 0) + each.amount
    names = sorted(objects, key=lambda name: (-amounts.get(name, -1), name))
    return tuple(
        WasteSum(name=name, objects=objects[name], monthly_cost=part_of(amounts.get(name), currency))
        for name in names
    )


# ---- what to do about each


def _advice(why: str, caution: str, names: Iterable[str], commands: tuple[str, ...]) -> Advice:
    """``names``: all that stand in the commands."""
    if all(map(_named, names)):
        return Advice(why=why, caution=caution, commands=commands)
    return Advice(why=why, caution="; ".join(filter(None, (caution, _MISNAMED))), commands=())


def _named(name: str) -> bool:
    """A DNS-1123 subdomain, so that it is no option, no other kind and nothing to a shell. A dump may hold anything."""
    return len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) is not None


def _claim(key: tuple[str, ...], waste: Waste, engine: Engine) -> tuple[str, Advice]:
    namespace, name = key
    explain = f"holdfast explain pvc {namespace}/{name}"
    claim = engine.judgement(Subject(CLAIM, ClaimRef(namespace, name)))
    if not isinstance(claim, ClaimJudgement):
        return namespace, _advice(WASTE_REASONS[waste.reason], "", key, (explain,))
    if waste.reason == "unused-space":
        caution = "an estimate, and nothing to delete: a volume cannot shrink; make the next one smaller"
        return namespace, _advice(WASTE_REASONS[waste.reason], caution, key, (explain,))
    use = claim.usage.reason
    why = {**DORMANT_REASONS, **ORPHAN_REASONS}.get(use, WASTE_REASONS[waste.reason])
    spared = _spared(claim)
    if spared:
        return namespace, _advice(why, spared, key, (explain,))
    first = ("# back it up first: nothing else is known to hold its data",) if not _points(claim) else ()
    delete = (*first, f"kubectl -n {namespace} delete pvc {name}")
    volume = engine.facts.get(Volume, claim.volume) if claim.volume else None
    kept = volume if volume is not None and volume.reclaim_policy == "Retain" else None
    caution = "; ".join(filter(None, (_copies(claim, engine), _back(claim), *_counted_on(claim, engine))))
    if kept is None:
        return namespace, _advice(why, caution, key, (explain, *delete))
    return namespace, _advice(why, caution, (*key, kept.name), (explain, *delete, *_delete_volume(kept)))


def _spared(claim: ClaimJudgement) -> str:
    """Why no command is given."""
    exempt = claim.objective.exempt
    if exempt is not None:
        return "it is exempt, so that nobody keeps a copy of it: ask its owner first"
    if claim.usage.reason == "operator-owned":
        return "an operator's object owns it: remove it there, or the operator makes it anew"
    return ""


def _points(claim: ClaimJudgement) -> int:
    """Copies that could be restored now."""
    return sum(tally.points for tally in claim.protection.tallies)


def _copies(claim: ClaimJudgement, engine: Engine) -> str:
    points = _points(claim)
    if points == 0 and (claim.protection.state == "unknown" or engine.sight.blind):
        return "whether any copy of it exists cannot be seen: back it up first"
    if points == 0:
        return "no copy of it could be restored, so that its only copy would go: back it up first"
    if all(clock.placement == "local" for clock in claim.protection.clocks):
        return "all copies of it lie on the same storage: see that they outlive it"
    return ""


def _counted_on(claim: ClaimJudgement, engine: Engine) -> Iterator[str]:
    """Signs that somebody counts on it."""
    held = engine.facts.get(Claim, *claim.ref)
    if held is not None and (names := foreign_finalizers(held)):
        yield f"the finalizer {_said(names[0])} says that something else counts on it"
    asked = claim.objective
    if asked.rpo is not None and is_declared(asked.rpo_origin):
        yield f"somebody asked for copies of it every {humane(asked.rpo)}: ask its owner"
    if engine.facts.get(Volume, claim.volume) is not None and "VolumeAttachment" in unjudged(engine.sight):
        yield "whether its volume is attached to a node cannot be seen"


def _back(claim: ClaimJudgement) -> str:
    return "what may come back to it would miss it: ask its owner" if claim.usage.state == "dormant" else ""


def _volume(key: tuple[str, ...], waste: Waste, engine: Engine) -> tuple[str, Advice]:
    (name,) = key
    volume = engine.facts.get(Volume, name)
    judged = engine.judgement(Subject(VOLUME, key))
    orphaned = judged.orphaned if isinstance(judged, VolumeJudgement) else ""
    why = VOLUME_ORPHAN_REASONS.get(orphaned, WASTE_REASONS[waste.reason])
    look = f"kubectl describe pv {name}"
    if volume is None:
        return "", _advice(why, "", key, (look,))
    caution = f"{_holds(volume, engine)}: ask whose it was, and back it up first"
    if "VolumeAttachment" in unjudged(engine.sight):
        caution += "; whether it is attached to a node cannot be seen"
    home = volume.claim.namespace if volume.claim else ""
    return home, _advice(why, caution, key, (look, *_delete_volume(volume)))


def _holds(volume: Volume, engine: Engine) -> str:
    if volume.claim is None:
        return "it may hold data"
    told = f"it holds data of {_said(str(volume.claim))}"
    snapshots = engine.facts.linked(Snapshot, "claim", *volume.claim)
    if not snapshots:
        return f"{told}, and no snapshot of that stands"
    named = f"{_said(snapshots[0].namespace)}/{_said(snapshots[0].name)}"
    more = f" and {len(snapshots) - 1} more" if len(snapshots) > 1 else ""
    return f"{told}, as may the snapshot {named}{more}, and one of them must stay"


def _delete_volume(volume: Volume) -> tuple[str, ...]:
    """With Retain, and where reclamation failed, the disk stays when its object goes."""
    delete = f"kubectl delete pv {volume.name}"
    if volume.reclaim_policy != "Retain" and volume.phase != "Failed":
        return (delete,)
    disk = _noted(volume.csi_handle or volume.place or volume.name)
    return (delete, f"# then delete the disk behind it, which stays: {disk} ({_noted(_kept_by(volume))})")


def _kept_by(volume: Volume) -> str:
    return volume.csi_driver or volume.backing or "unknown storage"


def _snapshot(key: tuple[str, ...], waste: Waste, engine: Engine) -> tuple[str, Advice]:
    namespace, name = key
    snapshot = engine.facts.get(Snapshot, *key)
    judged = engine.judgement(Subject(SNAPSHOT, key))
    orphaned = judged.orphaned if isinstance(judged, SnapshotJudgement) else ""
    why = SNAPSHOT_ORPHAN_REASONS.get(orphaned, WASTE_REASONS[waste.reason])
    caution = ""
    if orphaned == "claim-gone" and snapshot is not None:
        source = _said(f"{namespace}/{snapshot.source_claim}")
        caution = f"it may be the last copy of {source}, whose claim is gone: ask whose it was"
    where = f"kubectl -n {namespace}"
    commands = (f"{where} describe volumesnapshot {name}", f"{where} delete volumesnapshot {name}")
    content = engine.facts.get(SnapshotContent, snapshot.content) if snapshot and snapshot.content else None
    if content is None or content.deletion_policy != "Retain":
        return namespace, _advice(why, caution, key, commands)
    return namespace, _advice(why, caution, (*key, content.name), (*commands, *_delete_content(content)))


def _content(key: tuple[str, ...], waste: Waste, engine: Engine) -> tuple[str, Advice]:
    (name,) = key
    content = engine.facts.get(SnapshotContent, name)
    look = f"kubectl describe volumesnapshotcontent {name}"
    caution = "it may be the last copy of what was cut: ask whose it was"
    delete = () if content is None else _delete_content(content)
    home = content.snapshot.namespace if content and content.snapshot else ""
    return home, _advice(WASTE_REASONS[waste.reason], caution, key, (look, *delete))


def _delete_content(content: SnapshotContent) -> tuple[str, ...]:
    delete = f"kubectl delete volumesnapshotcontent {content.name}"
    if content.deletion_policy != "Retain":
        return (delete,)
    return (
        delete,
        f"# then delete the snapshot behind it, which stays on the storage of {_noted(content.driver)}",
    )


_ADVICE: dict[str, Callable[[tuple[str, ...], Waste, Engine], tuple[str, Advice]]] = {
    "PersistentVolumeClaim": _claim,
    "PersistentVolume": _volume,
    "VolumeSnapshot": _snapshot,
    "VolumeSnapshotContent": _content,
}


def _said(text: str) -> str:
    """What an object says, on one line: in a line that a person copies nothing may hide."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:_LONGEST])


def _noted(text: str) -> str:
    """The same in a line that begins with ``#``: some shells run that as well when it is pasted."""
    return quote(_said(text))


def known_namespaces(engine: Engine) -> set[str]:
    named = {namespace.name for namespace in engine.facts.all(Namespace)}
    return named | {claim.ref.namespace for claim in engine.facts.all(Claim)}
