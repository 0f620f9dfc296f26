"""Messages and scopes as they were when they came by: layers change them afterwards."""

STARTS = ("http.response.start", "websocket.accept")
HTTP_BODY = "http.response.body"
BODIES = (HTTP_BODY, "websocket.send")
REQUESTS = ("http.request", "websocket.receive")


class Message:
    """What a message said, and when it came by."""

    __slots__ = ("at", "kind", "body", "more", "status", "headers", "trailers")

    def __init__(self, at, message):
        self.at = at
        self.kind = message["type"]
        self.body = body_of(message)
        self.more = bool(message.get("more_body", False))
        self.status = message.get("status")
        self.headers = pairs(message.get("headers", ()))
        self.trailers = bool(message.get("trailers", False))


def body_of(message):
    """The bytes that a message carries."""
    body = message.get("body") or message.get("bytes") or message.get("text") or b""
    return body.encode("utf-8") if isinstance(body, str) else bytes(body)


def pairs(headers):
    """The headers as they are now; None where looking at them would use them up."""
    return [tuple(pair) for pair in headers] if hasattr(headers, "__len__") else None


def snapshot(scope):
    """The scope as it is now, with what its lists and dictionaries hold."""
    return {key: copied(value) for key, value in scope.items()}


def copied(value):
    return value.copy() if type(value) in (dict, list) else value
