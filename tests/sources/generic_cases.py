"""A tool of a company's own, as its configuration tells it and as its objects are."""

from pathlib import Path
from typing import Any

from holdfast.app.compose import read_settings, select
from holdfast.sources.contract import Source
from holdfast.sources.values import parse_time
from tests.sources.facts import documents

FIXTURES = Path(__file__).parent / "fixtures" / "generic"

ACME = """
genericSources:
  - name: acme
    group: backup.acme.example
    versions: [v1]
    placement: offsite
    consistency: crash
    kinds:
      - resource: backupplans
        kind: BackupPlan
        plan:
          claims: spec.claims
          cron: spec.schedule
          timezone: spec.timeZone
          paused: spec.suspend
          target: spec.vault
          lastAttempt: status.lastRun
      - resource: backupruns
        kind: BackupRun
        run:
          claims: spec.claims
          captured: status.frozen
          started: status.begun
          ended: status.done
          size: status.bytes
          keptFor: spec.keep
          ready: status.usable
          schedule: metadata.labels."backup.acme.example/plan"
          target: spec.vault
          result: {at: status.phase, success: Succeeded, failure: Failed, running: [Running, ""]}
      - resource: vaults
        kind: Vault
        namespaced: false
        place:
          available: status.reachable && status.reachable == 'yes'
          checked: status.probed
      - resource: restoreruns
        kind: RestoreRun
        restore:
          run: spec.run
          started: status.begun
          ended: status.done
          result: {at: status.phase, success: Succeeded, failure: Failed}
"""


def at(text: str) -> float:
    seconds = parse_time(text)
    assert seconds is not None
    return seconds


def source_of(config: str, folder: Path) -> Source:
    """The generic source of a configuration with this text."""
    file = folder / "config.yaml"
    file.write_text(config)
    return select(read_settings([file])).enabled[-1]


ACME_OBJECTS = documents(FIXTURES / "acme.yaml")


def object_of(kind: str) -> dict[str, Any]:
    return next(obj for obj in ACME_OBJECTS if obj["kind"] == kind)
