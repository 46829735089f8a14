"""The files that the dashboards become. The one list of dashboards."""

from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards.source.capacity import capacity
from dashboards.source.claim import claim
from dashboards.source.compliance import compliance
from dashboards.source.exporter import exporter
from dashboards.source.fleet import fleet
from dashboards.source.hygiene import hygiene
from dashboards.source.protection import protection
from dashboards.source.recovery import recovery

FOLDER = Path(__file__).parents[1]
DASHBOARDS = (fleet, protection, recovery, compliance, capacity, hygiene, claim, exporter)


def rendered() -> dict[str, str]:
    """File name → content, as it must be committed."""
    built = [dashboard() for dashboard in DASHBOARDS]
    return {f"{each.uid}.json": JSONEncoder(sort_keys=True, indent=2).encode(each) + "\n" for each in built}
