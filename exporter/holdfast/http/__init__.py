"""The HTTP surface: /metrics, health, the landing page and the JSON API, rendered from what a site hands.

Nothing here awaits the cluster, computes a fact or reads the configuration file.
"""

from holdfast.http.addresses import Address, AddressError, parse_address
from holdfast.http.measures import Measures
from holdfast.http.server import Bound, HttpOptions, serve_http
from holdfast.http.site import Landing, Site, SourceLine
from holdfast.http.web import WebFile

__all__ = [
    "Address",
    "AddressError",
    "Bound",
    "HttpOptions",
    "Landing",
    "Measures",
    "Site",
    "SourceLine",
    "WebFile",
    "parse_address",
    "serve_http",
]
