"""Starlette watched by Sentry, whose transport drops everything.

Every request is traced (`traces_sample_rate=1.0`), as in a first try of Sentry.
MIDDLEWARE_SPANS=1 asks for a span of each middleware and of what it receives and sends.

Layers, outermost first:

1. SentryAsgiMiddleware    made anew for each request: `sentry_sdk.init` patches
                           `Starlette.__call__`
2. ServerErrorMiddleware   Starlette's own
3. TrustedHostMiddleware   Starlette
4. VersionMiddleware       of this project, against ASGI alone
5. ExceptionMiddleware     Starlette's own

2 to 5 have a patched `__call__`, with or without spans: Sentry patches every class that is given
to `Middleware(...)`.
"""

import os

import sentry_sdk
from sentry_sdk.integrations.starlette import StarletteIntegration
from sentry_sdk.transport import Transport
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Route


class DroppingTransport(Transport):
    """Sends nothing anywhere and counts what it was given by kind."""

    def __init__(self, options=None):
        super().__init__(options)
        self.dropped = {}

    def capture_envelope(self, envelope):
        for item in envelope.items:
            self.dropped[item.type] = self.dropped.get(item.type, 0) + 1


MIDDLEWARE_SPANS = os.environ.get("MIDDLEWARE_SPANS") == "1"
sentry_sdk.init(
    dsn="https://public@sentry.example/1",
    transport=DroppingTransport,
    traces_sample_rate=1.0,
    integrations=[StarletteIntegration(middleware_spans=MIDDLEWARE_SPANS)],
)


class VersionMiddleware:
    """Says in a header which version answers."""

    def __init__(self, app, version):
        self.app = app
        self.version = version

    async def __call__(self, scope, receive, send):
        async def send_versioned(message):
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Version"] = self.version
            await send(message)

        await self.app(scope, receive, send_versioned)


async def home(request):
    return JSONResponse({"hello": "world"})


async def item(request):
    return JSONResponse({"id": request.path_params["item_id"]})


async def error(request):
    raise RuntimeError("this is what Sentry is for")


app = Starlette(
    routes=[Route("/", home), Route("/items/{item_id:int}", item), Route("/error", error)],
    middleware=[
        Middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1", "testserver"]),
        Middleware(VersionMiddleware, version="1.0"),
    ],
)
