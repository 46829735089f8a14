"""The composition root: joins cluster, sources, inventory, assessment, metrics, history and http. The only layer
that sees them all."""
