"""How Holdfast does on a large cluster, measured on a real API server: ``python -m bench.scale``.

Here belongs what fills the server, measures and prints. The exporter is measured from outside, as its users
run it; of its code only the table of what it reads is imported, so that the bare client lists the same kinds.
See docs/scale.md.
"""
