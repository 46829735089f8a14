"""Holdfast: is the persistent data of this Kubernetes cluster safe?"""

__version__ = "0.1.0"
