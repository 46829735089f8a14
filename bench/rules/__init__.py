"""What our rules cost a Prometheus that holds a large cluster, and what others' cost beside them: ``python -m bench.rules``.

Here belongs what makes the series, runs the Prometheus and prints. The rules are measured as they stand in ``rules/``.
"""
