"""The files that the dashboards become. The one list of dashboards."""

from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards.source.fleet import fleet
from dashboards.source.recovery import recovery

FOLDER = Path(__file__).parents[1]
DASHBOARDS = (fleet, recovery)


def rendered() -> dict[str, str]:
    """File name → content, as it must be committed."""
    built = [dashboard() for dashboard in DASHBOARDS]
    return {f"{each.uid}.json": JSONEncoder(sort_keys=True, indent=2).encode(each) + "\n" for each in built}
