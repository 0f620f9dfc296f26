"""Two packages that ship each of their middlewares in two forms.

FORM=base (the default) takes the subclasses of BaseHTTPMiddleware, FORM=pure their twins that
are written against ASGI alone. They answer the same.

Layers, outermost first:

1. ServerErrorMiddleware                       Starlette's own
2. ContextMiddleware | RawContextMiddleware    starlette-context
3. SlowAPIMiddleware | SlowAPIASGIMiddleware   slowapi
4. ExceptionMiddleware                         Starlette's own
"""

import os

from slowapi import Limiter
from slowapi.middleware import SlowAPIASGIMiddleware, SlowAPIMiddleware
from slowapi.util import get_remote_address
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette_context import context
from starlette_context.middleware import ContextMiddleware, RawContextMiddleware
from starlette_context.plugins import CorrelationIdPlugin, RequestIdPlugin

FORMS = {
    "base": (ContextMiddleware, SlowAPIMiddleware),
    "pure": (RawContextMiddleware, SlowAPIASGIMiddleware),
}
context_middleware, limit_middleware = FORMS[os.environ.get("FORM", "base")]


async def home(request):
    return JSONResponse({"hello": "world", "request": context["X-Request-ID"]})


async def echo(request):
    return JSONResponse(await request.json())


app = Starlette(
    routes=[Route("/", home), Route("/echo", echo, methods=["POST"])],
    middleware=[
        Middleware(context_middleware, plugins=(RequestIdPlugin(), CorrelationIdPlugin())),
        Middleware(limit_middleware),
    ],
)
# A limit that nobody reaches: what is asked is what it costs to look.
app.state.limiter = Limiter(
    key_func=get_remote_address, default_limits=["10000000/second"], headers_enabled=True
)
