"""The only place that talks to the Kubernetes API, live (``watch``) or as a folder of dumped objects
(``folder``).

Nothing here knows what an object means: given feeds, decoded objects, states and errors go to the sink.
Nothing is imported here, so that reading a folder does not load the Kubernetes client.
"""
