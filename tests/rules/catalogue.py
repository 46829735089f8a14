"""The exporter's own catalogue as the tests of rules and dashboards need it.

What a rule records is added by the test of the rules, file by file.
"""

from holdfast.metrics.catalogue import FAMILIES
from tests.rules.promql import Series


def exported() -> dict[str, Series]:
    """Every family that the exporter declares, by name."""
    return {
        family.name: Series(
            labels=frozenset(family.labels),
            vocabulary=family.vocabulary,
            # What tells of the exporter itself is judged by the worst replica as well as by the best.
            fold=frozenset({family.aggregation}) if family.origin == "objects" else frozenset(),
        )
        for family in FAMILIES
    }
