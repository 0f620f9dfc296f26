"""Litestar with middlewares on every level that it has.

Layers of GET /api/items/{item_id}, outermost first:

1. CORSMiddleware                of `cors_config`, around Litestar's router
2. ExceptionHandlerMiddleware    Litestar's own, around Litestar's router
3. RequestIdMiddleware           of the application
4. TimingMiddleware              of the application
5. VersionMiddleware             of the router
6. CacheControlMiddleware        of the controller
7. AuditMiddleware               of the handler
8. CompressionMiddleware         of `compression_config`: inside all of the above
9. ExceptionHandlerMiddleware    Litestar's own, around the handler

GET / has only those of the application: 1 to 4, 8 and 9.
"""

import time
from uuid import uuid4

from litestar import Controller, Litestar, Router, get
from litestar.config.compression import CompressionConfig
from litestar.config.cors import CORSConfig
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.params import FromPath


class HeaderMiddleware(ASGIMiddleware):
    """Puts one header on every answer."""

    scopes = (ScopeType.HTTP,)
    name = "X-Header"

    def value(self, start):
        return "yes"

    async def handle(self, scope, receive, send, next_app):
        start = time.perf_counter()

        async def send_with_header(message):
            if message["type"] == "http.response.start":
                MutableScopeHeaders.from_message(message)[self.name] = self.value(start)
            await send(message)

        await next_app(scope, receive, send_with_header)


class RequestIdMiddleware(HeaderMiddleware):
    name = "X-Request-ID"

    def value(self, start):
        return uuid4().hex


class TimingMiddleware(HeaderMiddleware):
    name = "X-Time"

    def value(self, start):
        return f"{time.perf_counter() - start:.6f}"


class VersionMiddleware(HeaderMiddleware):
    name = "X-Version"


class CacheControlMiddleware(HeaderMiddleware):
    name = "Cache-Control"

    def value(self, start):
        return "no-store"


class AuditMiddleware(HeaderMiddleware):
    name = "X-Audit"


class ItemController(Controller):
    path = "/items"
    middleware = (CacheControlMiddleware(),)

    @get("/{item_id:int}", middleware=[AuditMiddleware()])
    async def item(self, item_id: FromPath[int]) -> dict[str, int]:
        return {"id": item_id}

    @get("/")
    async def items(self) -> list[dict[str, int]]:
        return [{"id": n, "price": n * 3} for n in range(200)]


@get("/")
async def home() -> dict[str, str]:
    return {"hello": "world"}


app = Litestar(
    route_handlers=[
        home,
        Router("/api", route_handlers=[ItemController], middleware=[VersionMiddleware()]),
    ],
    middleware=[RequestIdMiddleware(), TimingMiddleware()],
    cors_config=CORSConfig(allow_origins=["https://shop.example"]),
    compression_config=CompressionConfig(backend="gzip", minimum_size=500),
)
