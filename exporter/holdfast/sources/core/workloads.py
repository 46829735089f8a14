"""Controllers of pods: which claims their templates name, and whether they run now.

Only those that matter are kept: a template that names a claim or makes one, or ``holdfast.dev/`` annotations. Of a Job
or ReplicaSet that something else controls, that is kept too.
"""

from typing import Literal

from holdfast.model.facts import NO_ANNOTATIONS, Fact, Workload
from holdfast.sources.core.claim_templates import ClaimTemplate, template_classes
from holdfast.sources.core.placing import read_beside, read_nodes
from holdfast.sources.core.pods import PodTemplate, ephemeral_classes, template_claims, template_labels
from holdfast.sources.core.scratch import read_controlled
from holdfast.sources.shapes import AnnotatedMetadata, Shape, given, shared
from holdfast.sources.values import parse_quantity


class Templated(Shape):
    template: PodTemplate | None = None


class Replicated(Templated):
    replicas: int | None = None


class Ordinals(Shape):
    start: int | None = None


class ClaimRetention(Shape):
    when_deleted: str | None = None
    when_scaled: str | None = None


class StatefulSetSpec(Replicated):
    ordinals: Ordinals | None = None
    persistent_volume_claim_retention_policy: ClaimRetention | None = None
    volume_claim_templates: list[ClaimTemplate | None] | None = None


class RollingUpdate(Shape):
    max_surge: int | float | str | None = None


class Strategy(Shape):
    type: str | None = None
    rolling_update: RollingUpdate | None = None


class DeploymentSpec(Replicated):
    strategy: Strategy | None = None


class JobSpec(Templated):
    completions: int | None = None
    parallelism: int | None = None
    suspend: bool | None = None


class JobTemplate(Shape):
    spec: JobSpec | None = None


class CronJobSpec(Shape):
    suspend: bool | None = None
    job_template: JobTemplate | None = None


class JobCondition(Shape):
    type: str | None = None
    status: str | None = None


class JobStatus(Shape):
    conditions: list[JobCondition | None] | None = None


class StatefulSetObject(Shape):
    metadata: AnnotatedMetadata
    spec: StatefulSetSpec | None = None


class DeploymentObject(Shape):
    metadata: AnnotatedMetadata
    spec: DeploymentSpec | None = None


class ReplicaSetObject(Shape):
    metadata: AnnotatedMetadata
    spec: Replicated | None = None


class DaemonSetObject(Shape):
    metadata: AnnotatedMetadata
    spec: Templated | None = None


class JobObject(Shape):
    metadata: AnnotatedMetadata
    spec: JobSpec | None = None
    status: JobStatus | None = None


class CronJobObject(Shape):
    metadata: AnnotatedMetadata
    spec: CronJobSpec | None = None


def read_stateful_set(stateful_set: StatefulSetObject) -> tuple[Fact, ...]:
    spec = stateful_set.spec or StatefulSetSpec()
    ordinals = spec.ordinals or Ordinals()
    templates = (template.metadata for template in given(spec.volume_claim_templates))
    return _workload(
        "StatefulSet",
        stateful_set.metadata,
        spec.template,
        claim_templates=tuple(shared(metadata.name) for metadata in given(templates) if metadata.name),
        replicas=_replicas(spec),
        first_ordinal=ordinals.start or 0,
        deletes_claims=_deletes_claims(spec.persistent_volume_claim_retention_policy or ClaimRetention()),
        classes=template_classes(given(spec.volume_claim_templates)),
    )


def _deletes_claims(retention: ClaimRetention) -> tuple[str, ...]:
    told = {"whenDeleted": retention.when_deleted, "whenScaled": retention.when_scaled}
    return tuple([when for when, policy in told.items() if policy == "Delete"])


def read_deployment(deployment: DeploymentObject) -> tuple[Fact, ...]:
    spec = deployment.spec or DeploymentSpec()
    return _workload(
        "Deployment",
        deployment.metadata,
        spec.template,
        replicas=_replicas(spec),
        surges=_surges(spec.strategy or Strategy(), _replicas(spec)),
    )


def _surges(strategy: Strategy, replicas: int) -> bool:
    """Shares round up, and a quarter is what the API takes where nothing is written: one pod more of any number.

    https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#max-surge
    """
    if replicas < 1 or strategy.type not in (None, "", "RollingUpdate"):
        return False
    most = strategy.rolling_update.max_surge if strategy.rolling_update else None
    written = most.removesuffix("%") if isinstance(most, str) else most
    return written is None or parse_quantity(written) != 0


def read_replica_set(replica_set: ReplicaSetObject) -> tuple[Fact, ...]:
    spec = replica_set.spec or Replicated()
    found = _workload("ReplicaSet", replica_set.metadata, spec.template, replicas=_replicas(spec))
    return (*found, *read_controlled("ReplicaSet", replica_set.metadata))


def read_daemon_set(daemon_set: DaemonSetObject) -> tuple[Fact, ...]:
    spec = daemon_set.spec or Templated()
    return _workload("DaemonSet", daemon_set.metadata, spec.template)


def read_job(job: JobObject) -> tuple[Fact, ...]:
    spec, status = job.spec or JobSpec(), job.status or JobStatus()
    found = _workload(
        "Job",
        job.metadata,
        spec.template,
        suspended=bool(spec.suspend),
        parallel=_parallel(spec),
        finished=any(
            condition.type in ("Complete", "Failed") and condition.status == "True"
            for condition in given(status.conditions)
        ),
    )
    return (*found, *read_controlled("Job", job.metadata))


def read_cron_job(cron_job: CronJobObject) -> tuple[Fact, ...]:
    spec = cron_job.spec or CronJobSpec()
    job_spec = (spec.job_template.spec if spec.job_template else None) or JobSpec()
    return _workload(
        "CronJob",
        cron_job.metadata,
        job_spec.template,
        suspended=bool(spec.suspend),
        parallel=_parallel(job_spec),
    )


def _parallel(spec: JobSpec) -> int:
    """There are never more pods than there is still to complete."""
    wanted = 1 if spec.parallelism is None else spec.parallelism
    return wanted if spec.completions is None else min(wanted, spec.completions)


def _replicas(spec: Replicated) -> int:
    return 1 if spec.replicas is None else spec.replicas


def _workload(  # noqa: PLR0913 - one keyword for each field that only some kinds have
    kind: Literal["StatefulSet", "Deployment", "ReplicaSet", "DaemonSet", "Job", "CronJob"],
    metadata: AnnotatedMetadata,
    template: PodTemplate | None,
    *,
    claim_templates: tuple[str, ...] = (),
    replicas: int | None = None,
    first_ordinal: int = 0,
    suspended: bool = False,
    finished: bool = False,
    deletes_claims: tuple[str, ...] = (),
    surges: bool = False,
    parallel: int = 1,
    classes: frozenset[str] = frozenset(),
) -> tuple[Fact, ...]:
    claims = template_claims(template)
    placing = template.spec if template and (claims or claim_templates) else None
    owner = metadata.owner
    # A Deployment's annotations are copied to its ReplicaSets, where the old ones keep what stood there once.
    copied = kind == "ReplicaSet" and owner is not None
    annotations = NO_ANNOTATIONS if copied else metadata.annotations
    # What controls it speaks for it; old revisions would keep classes that nothing asks for any more.
    speaks = not finished and (owner is None or owner.kind not in ("Deployment", "CronJob"))
    classes |= ephemeral_classes(template) if speaks else frozenset()
    if not claims and not claim_templates and not classes and annotations == NO_ANNOTATIONS:
        return ()
    return (
        Workload(
            kind=kind,
            namespace=metadata.namespace,
            name=shared(metadata.name),
            uid=metadata.uid,
            created=metadata.created,
            annotations=annotations,
            labels=metadata.labels,
            claims=claims,
            claim_templates=claim_templates,
            replicas=replicas,
            first_ordinal=first_ordinal,
            suspended=suspended,
            finished=finished,
            owner=owner,
            deletes_claims=deletes_claims,
            surges=surges,
            pod_labels=template_labels(template),
            template_classes=tuple(sorted(classes)),
            parallel=parallel,
            node_terms=read_nodes(placing),
            beside=read_beside(placing, metadata.namespace),
        ),
    )
