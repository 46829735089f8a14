"""The parts of Kasten's objects that are read. Of a profile only whether it was found valid, nothing of its keys."""

from holdfast.sources.selection import SelectorShape
from holdfast.sources.shapes import Metadata, Present, Shape


class SubFrequency(Shape):
    minutes: list[int | None] | None = None
    hours: list[int | None] | None = None
    weekdays: list[int | None] | None = None
    days: list[int | None] | None = None
    months: list[int | None] | None = None


class Reference(Shape):
    kind: str | None = None
    name: str | None = None
    namespace: str | None = None


class ExportData(Shape):
    enabled: bool | None = None


class Filters(Shape):
    include_resources: list[Present | None] | None = None
    exclude_resources: list[Present | None] | None = None


class BackupParameters(Shape):
    filters: Filters | None = None
    ignore_exceptions: bool | None = None


class ExportParameters(Shape):
    profile: Reference | None = None
    export_data: ExportData | None = None


class Action(Shape):
    action: str | None = None
    backup_parameters: BackupParameters | None = None
    export_parameters: ExportParameters | None = None


class PolicySpec(Shape):
    frequency: str | None = None
    sub_frequency: SubFrequency | None = None
    paused: bool | None = None
    preset_ref: Reference | None = None
    selector: SelectorShape | None = None
    actions: list[Action | None] | None = None


class Validation(Shape):
    validation: str | None = None


class PolicyObject(Shape):
    metadata: Metadata
    spec: PolicySpec | None = None
    status: Validation | None = None


class PresetBackup(Shape):
    frequency: str | None = None
    sub_frequency: SubFrequency | None = None


class PresetSpec(Shape):
    backup: PresetBackup | None = None
    export: ExportParameters | None = None


class PresetObject(Shape):
    metadata: Metadata
    spec: PresetSpec | None = None


class ProfileObject(Shape):
    metadata: Metadata
    status: Validation | None = None


class ActionSpec(Shape):
    subject: Reference | None = None
    filters: Filters | None = None


class ActionStatus(Shape):
    state: str | None = None
    start_time: str | None = None
    end_time: str | None = None


class ActionObject(Shape):
    """A RunAction, BackupAction, ExportAction or RestoreAction."""

    metadata: Metadata
    spec: ActionSpec | None = None
    status: ActionStatus | None = None


class PointStatus(Shape):
    action_time: str | None = None
    scheduled_time: str | None = None


class PointObject(Shape):
    metadata: Metadata
    status: PointStatus | None = None
