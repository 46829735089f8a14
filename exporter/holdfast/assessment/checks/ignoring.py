"""What the owner of an object does not want to be told of it: ``holdfast.dev/ignore``."""

from collections.abc import Iterable

import msgspec

from holdfast.assessment.objectives import read_annotations
from holdfast.model.facts import NO_ANNOTATIONS, Annotations, Claim, Facts, Workload
from holdfast.model.identity import ObjectRef
from holdfast.model.judgement import Finding
from holdfast.model.setup import Annotated
from holdfast.model.surroundings import Namespace


class Heeded(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """``until`` is the instant at which an ignored finding comes back; None for never."""

    open: tuple[Finding, ...]
    ignored: tuple[Finding, ...] = ()
    until: float | None = None


def heed(findings: Iterable[Finding], annotations: Annotations, now: float) -> Heeded:
    """Parts the findings on one object by what its own annotation says; it speaks for nothing below the object."""
    found = tuple(findings)
    if annotations.ignore is None:
        return Heeded(open=found)
    ignored = read_annotations(annotations).ignore
    if ignored is None or (ignored.until is not None and ignored.until <= now):
        return Heeded(open=found)
    silent = tuple(finding for finding in found if finding.check in ignored.checks)
    return Heeded(
        open=tuple(finding for finding in found if finding.check not in ignored.checks),
        ignored=silent,
        until=ignored.until if silent else None,
    )


def annotations_of(on: ObjectRef, facts: Facts) -> Annotations:
    """Those of the object that a finding stands on; none where it carries none or cannot carry any."""
    holder: Claim | Namespace | Workload | Annotated | None
    if on.kind == "PersistentVolumeClaim":
        holder = facts.get(Claim, on.namespace, on.name)
    elif on.kind == "Namespace":
        holder = facts.get(Namespace, on.name)
    else:
        holder = facts.get(Workload, *on) or facts.get(Annotated, *on)
    return NO_ANNOTATIONS if holder is None else holder.annotations
