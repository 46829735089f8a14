"""How long the checks that look at the whole cluster take on a large one, and how long they hold the event loop."""
