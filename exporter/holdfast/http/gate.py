"""What every request passes: who may ask, what every answer carries, and the count of it.

No path is known here.
"""

import asyncio
import logging
from collections.abc import Mapping

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from holdfast.http.auth import BasicAuth, BusyError
from holdfast.http.measures import HANDLERS, Measures
from holdfast.http.web import WebWatch

log = logging.getLogger(__name__)

_CLIENT_LEFT = 499


def open_gate(
    measures: Measures, watch: WebWatch | None = None, auth: BasicAuth | None = None
) -> web.Application:
    """An application without routes, behind whose gate they are added. Without ``auth`` anyone may ask."""

    @web.middleware
    async def admit(request: web.Request, handler: Handler) -> web.StreamResponse:
        users = watch.current.users if watch else {}
        if users and auth:
            await _demand_password(request, auth, users)
        return await handler(request)

    async def mark(request: web.Request, response: web.StreamResponse) -> None:
        del request
        response.headers[hdrs.SERVER] = "holdfast"
        response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        if watch:
            response.headers.update(watch.current.headers)

    app = web.Application(middlewares=[_counting(measures), admit], client_max_size=1024)
    app.on_response_prepare.append(mark)
    return app


def _counting(measures: Measures) -> Middleware:
    """Counts every answer; what nobody foresaw becomes a 500, logged when it begins and when it ends."""
    broken: set[str] = set()

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        asked = _handler_of(request)
        try:
            response = await handler(request)
        except web.HTTPException as refusal:
            measures.answered(asked, refusal.status)
            raise
        except (ConnectionError, asyncio.CancelledError):
            measures.answered(asked, _CLIENT_LEFT)
            raise
        except Exception:
            measures.answered(asked, 500)
            if asked not in broken:
                log.exception("http: %s cannot be answered; said once until it works again", asked)
            broken.add(asked)
            return web.Response(status=500, text="500: see the log of this program\n")
        measures.answered(asked, response.status)
        if asked in broken:
            broken.discard(asked)
            log.info("http: %s is answered again", asked)
        return response

    return count


async def _demand_password(request: web.Request, auth: BasicAuth, users: Mapping[str, str]) -> None:
    try:
        admitted = await auth.admits(request.headers.get(hdrs.AUTHORIZATION, ""), users)
    except BusyError as error:
        raise web.HTTPServiceUnavailable(
            text="503: too many log-ins at once\n", headers={"Retry-After": "5"}
        ) from error
    if not admitted:
        raise web.HTTPUnauthorized(
            text="401: a user and a password are asked for\n",
            headers={hdrs.WWW_AUTHENTICATE: 'Basic realm="holdfast", charset="UTF-8"'},
        )


def _handler_of(request: web.Request) -> str:
    """The first word of the route's name, which is one of HANDLERS."""
    name = (request.match_info.route.name or "").partition("-")[0]
    return name if name in HANDLERS else "other"
