"""The exporter's own catalogue as the tests of rules and dashboards need it.

What a rule records is added by the test of the rules, file by file; the series of others stand in foreign.py.
"""

from holdfast.metrics.catalogue import FAMILIES
from tests.rules.promql import Series


def exported() -> dict[str, Series]:
    """Every series that the exporter declares, by name: a histogram is three."""
    return {
        family.name + suffix: Series(
            labels=frozenset({*family.labels, "le"} if suffix == "_bucket" else family.labels),
            vocabulary=family.vocabulary,
            # What tells of the exporter itself is judged by the worst replica as well as by the best.
            fold=frozenset({family.aggregation}) if family.origin == "objects" else frozenset(),
            gauge=family.type == "gauge",
        )
        for family in FAMILIES
        for suffix in (("_bucket", "_sum", "_count") if family.type == "histogram" else ("",))
    }
