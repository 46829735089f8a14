"""The HTTP surface: /metrics, health, the pages and the JSON API, rendered from what a site hands.

Nothing here awaits the cluster, computes a fact or reads the configuration file.
"""

from holdfast.http.addresses import Address, AddressError, parse_address
from holdfast.http.measures import Measures
from holdfast.http.server import Bound, HttpOptions, serve_http
from holdfast.http.site import About, Site, SourceLine
from holdfast.http.web import WebFile

__all__ = [
    "About",
    "Address",
    "AddressError",
    "Bound",
    "HttpOptions",
    "Measures",
    "Site",
    "SourceLine",
    "WebFile",
    "parse_address",
    "serve_http",
]
