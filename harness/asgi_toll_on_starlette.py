"""Middlewares of Starlette, for the subjects that are built on it.

Stock middlewares are imported where they are asked for: not every release has
what they need.
"""

from asgi_toll_subject import MARK_VALUE, marks
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware


class HeaderBaseMiddleware(BaseHTTPMiddleware):
    """Built on `BaseHTTPMiddleware`."""

    def __init__(self, app, name):
        super().__init__(app)
        self.name = name

    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers.append(self.name, MARK_VALUE)
        return response


def base_http(middlewares):
    return [Middleware(HeaderBaseMiddleware, name=name) for name in marks(middlewares)]


def cors(middlewares):
    from starlette.middleware.cors import CORSMiddleware

    origins = ["https://example.com"]
    return [Middleware(CORSMiddleware, allow_origins=origins) for _ in range(middlewares)]


def gzip(middlewares):
    from starlette.middleware.gzip import GZipMiddleware

    return [Middleware(GZipMiddleware) for _ in range(middlewares)]


def trusted_host(middlewares):
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    hosts = ["127.0.0.1", "localhost"]
    return [Middleware(TrustedHostMiddleware, allowed_hosts=hosts) for _ in range(middlewares)]


def session(middlewares):
    from starlette.middleware.sessions import SessionMiddleware

    return [Middleware(SessionMiddleware, secret_key="no secret") for _ in range(middlewares)]


KINDS = {
    "base-http": base_http,
    "cors": cors,
    "gzip": gzip,
    "trusted-host": trusted_host,
    "session": session,
}
