"""Dashboards as code: signals (what is asked) → panels (how it is shown) → one module a dashboard (in which order).

`python -m dashboards.source` writes dashboards/*.json. What a series means is declared by the exporter's catalogue.
"""
