"""Real servers for the tests, each on 127.0.0.1 and each ended with the test: Kubernetes, Prometheus, Alertmanager, Velero.

Here belongs what starts, asks and ends them. Where the programs come from belongs to tests/tools; what Holdfast must say about
them belongs to the tests.
"""
