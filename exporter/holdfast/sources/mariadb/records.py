"""Names of mariadb-operator's things, and the record that ties what ran to the MariaDB whose data it saved."""

from typing import Final

from holdfast.model.facts import Fact
from holdfast.model.identity import TOUCH_NAMESPACE, ObjectRef, ScheduleKey, Touch
from holdfast.model.protection import Placement
from holdfast.sources.runs.records import Saved, owned_by
from holdfast.sources.shapes import shared

NAME: Final = "mariadb"
GROUP: Final = "k8s.mariadb.com"
SERVER: Final = f"MariaDB.{GROUP}"
BACKUP: Final = f"Backup.{GROUP}"
PHYSICAL: Final = f"PhysicalBackup.{GROUP}"
RECOVERY: Final = f"PointInTimeRecovery.{GROUP}"


class Template(Fact, frozen=True, kw_only=True, gc=False):
    """An object of which runs and restores are known by its name alone: ``itself``, as they name it.

    ``base`` is what it saves: a MariaDB, or for binary logs the physical backup below them. ``schedule`` is None where it
    runs once. ``partial``: it saves only some databases of its MariaDB.
    """

    itself: Saved
    base: Saved
    placement: Placement
    schedule: ScheduleKey | None = None
    partial: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        return self.itself

    def links(self) -> tuple[tuple[str, ...], ...]:
        return ((NAME, *self.base),)

    def touches(self) -> tuple[Touch, ...]:
        namespaces = dict.fromkeys((self.itself.namespace, self.base.namespace))
        return tuple(Touch(TOUCH_NAMESPACE, (namespace,)) for namespace in namespaces)


class LogEnd(Fact, frozen=True, kw_only=True, gc=False):
    """How far the binary logs over a physical backup reach. Without that backup they restore nothing."""

    ref: ObjectRef
    base: Saved
    time: float

    @property
    def key(self) -> tuple[str, ...]:
        return self.ref

    def links(self) -> tuple[tuple[str, ...], ...]:
        return ((NAME, *self.base),)

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_NAMESPACE, (self.ref.namespace,)),)


def saved_by(kind: str, namespace: str, name: str) -> Saved:
    """Whatever the object of this name saves."""
    return owned_by(namespace, kind, shared(name))


def schedule_of(kind: str, namespace: str, name: str) -> ScheduleKey:
    """Of a Backup its name; of a PhysicalBackup, which may bear the same, ``<name>/physical``."""
    return ScheduleKey(NAME, namespace, shared(f"{name}/physical" if kind == PHYSICAL else name))
