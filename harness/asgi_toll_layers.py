"""Pure ASGI layers that every subject shares.

A layer that is written against ASGI alone costs the same code in every
framework, so it lives here once. What a layer has nothing to do with, such as
`lifespan`, it hands on untouched.
"""

STARTS = frozenset(("http.response.start", "websocket.accept"))


class PassLayer:
    """Hands everything on: the least that a layer can be."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


class HeaderLayer:
    """Adds one header to every answer by wrapping `send`."""

    def __init__(self, app, header):
        """`header` is the finished `(name, value)` pair of bytes."""
        self.app = app
        self.header = header

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        header = self.header

        async def send_with_header(message):
            if message["type"] in STARTS:
                headers = message.get("headers")
                # ASGI allows any iterable. Copying it in each layer would make
                # n layers cost n²; so only what is not yet a list is copied.
                if type(headers) is not list:
                    headers = message["headers"] = list(headers or ())
                headers.append(header)
            await send(message)

        await self.app(scope, receive, send_with_header)


class JsonCountLayer:
    """Adds 1 to `count` in the JSON body of every HTTP response.

    The start message waits until the body is known, because the body's new
    length has to be announced in it.
    """

    def __init__(self, app, loads, dumps):
        """`loads` reads bytes, `dumps` gives bytes."""
        self.app = app
        self.loads = loads
        self.dumps = dumps

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = None
        chunks = []

        async def send_counted(message):
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            chunks.append(message.get("body", b""))
            if message.get("more_body", False):
                return
            payload = self.loads(b"".join(chunks))
            payload["count"] += 1
            body = self.dumps(payload)
            start["headers"] = with_content_length(start["headers"], len(body))
            await send(start)
            await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, send_counted)


def with_content_length(headers, length):
    """The headers with `content-length` replaced (or put in) as `length`."""
    kept = [pair for pair in headers if pair[0].lower() != b"content-length"]
    kept.append((b"content-length", b"%d" % length))
    return kept


def wrap(app, layers):
    """`app` inside `layers`, functions from app to app, outermost first."""
    for layer in reversed(layers):
        app = layer(app)
    return app
