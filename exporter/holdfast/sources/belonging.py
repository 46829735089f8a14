"""To whom a claim belongs: the controllers above it, above the pods that mount it and above the StatefulSet that makes it."""

from collections.abc import Sequence

from holdfast.model.facts import Claim, Facts, Pod, Workload
from holdfast.model.identity import Owner


def is_templated(claim: Claim, workload: Workload) -> bool:
    """The claim is ``<template>-<StatefulSet>-<ordinal>``."""
    stem, _, ordinal = claim.ref.name.rpartition("-")
    ends = ordinal.isascii() and ordinal.isdigit()
    return ends and any(stem == f"{template}-{workload.name}" for template in workload.claim_templates)


def owners_of(claim: Claim, facts: Facts) -> Sequence[Owner]:
    """All owners, near and far, in no order that matters but always the same."""
    namespace = claim.ref.namespace
    below = [claim.owner, *(pod.owner for pod in facts.linked(Pod, "claim", *claim.ref))]
    makers = facts.linked(Workload, "claim-templates", namespace)
    below.extend(workload.owner for workload in makers if is_templated(claim, workload))
    found: dict[Owner, None] = {}
    while below:
        owner = below.pop()
        if owner is None or owner in found:
            continue
        found[owner] = None
        above = facts.get(Workload, owner.kind, namespace, owner.name)
        below.append(above.owner if above else None)
    return sorted(found)
