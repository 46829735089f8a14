"""What the four Percona operators have in common: backups, restores and clusters as they spell them, and a source of each.

No source stands here; each operator's own words stand in its own module.
"""

from holdfast.sources.percona.dialect import Dialect
from holdfast.sources.percona.operator import operator_source

__all__ = ["Dialect", "operator_source"]
