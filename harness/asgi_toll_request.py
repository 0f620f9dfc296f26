"""The request of a workload: fresh scopes and exchanges, and one way to make it."""

import asyncio
import base64
from urllib.parse import unquote

from asgi_toll_exchange import COMPLETE, HttpExchange, WebsocketExchange

SERVER = ("127.0.0.1", 8000)
CLIENT = ("127.0.0.1", 50000)
HANDSHAKE = (
    (b"connection", b"Upgrade"),
    (b"upgrade", b"websocket"),
    (b"sec-websocket-version", b"13"),
    (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
)
# What an application may end with that is its own error, not the end of the process.
APP_ERRORS = (Exception, asyncio.CancelledError)


class Request:
    """What is asked, again and again."""

    def __init__(self, told):
        """`told` is the `request` of the order `start`."""
        self.kind = told["type"]
        self.method = told.get("method", "GET")
        target, _, query = told["path"].partition("?")
        self.raw_path = target.encode("ascii")
        self.path = unquote(target)
        self.query = query.encode("ascii")
        body = base64.b64decode(told.get("body_base64", ""))
        self.pieces = split(body, told.get("pieces", 1))
        self.headers = complete_headers(told.get("headers", ()), body, self.kind)
        self.exchange = HttpExchange if self.kind == "http" else WebsocketExchange
        self.state = None

    def scope(self):
        """A fresh scope; the application may change it as it likes."""
        made = {
            "type": self.kind,
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "server": SERVER,
            "client": CLIENT,
            "scheme": "http",
            "root_path": "",
            "path": self.path,
            "raw_path": self.raw_path,
            "query_string": self.query,
            "headers": self.headers[:],
            "extensions": {},
        }
        if self.kind == "http":
            made["method"] = self.method
        else:
            made["scheme"] = "ws"
            made["subprotocols"] = []
        if self.state is not None:
            made["state"] = self.state.copy()
        return made


def split(body, pieces):
    """`body` in `pieces` parts of about the same size, at least one."""
    size = max(1, -(-len(body) // max(1, pieces)))
    return [body[at : at + size] for at in range(0, len(body), size)] or [b""]


def complete_headers(told, body, kind):
    """The headers as bytes, with those that every client sends."""
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in told]
    names = {name for name, _ in headers}
    if b"host" not in names:
        headers.insert(0, (b"host", b"127.0.0.1:8000"))
    if body and not names & {b"content-length", b"transfer-encoding"}:
        headers.append((b"content-length", b"%d" % len(body)))
    if kind == "websocket":
        headers += [pair for pair in HANDSHAKE if pair[0] not in names]
    return headers


async def ask(app, request, kept=None):
    """Makes `request` once; the complete exchange, or a `Failure`."""
    exchange = request.exchange(request.pieces, kept)
    await run(app, request.scope(), exchange)
    return exchange


async def run(app, scope, exchange, receive=None, send=None):
    """Awaits `app` on one exchange. What it raises after a whole answer is no failure.

    Servers log such an exception; Starlette lets every handled error 500 end so.
    """
    error = None
    try:
        await app(scope, receive or exchange.receive, send or exchange.send)
    except APP_ERRORS as raised:
        error = raised
    if exchange.stage != COMPLETE:
        exchange.fail(error)
