"""How long each view of the page takes on a large cluster, and how long it holds the event loop. Nothing is served."""
