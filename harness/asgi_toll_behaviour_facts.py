"""What a layer did with a request, from what went over the borders on its two sides."""

KINDS = ("scope", "request", "status", "headers", "body")
# What is not known of a layer that has no border of ASGI on one of its sides.
UNKNOWN = dict.fromkeys(
    (
        "buffers_response", "delays_start", "repeats_start", "buffers_request", "extra_messages",
        "changes", "idle", "wraps",
    )
)  # fmt: skip


def between(usual, slow):
    """The facts of what lies between two borders.

    Both are pairs of the border outside and the one inside: of the request as it is, and of one
    whose response was handed out slowly, in pieces where that was possible.
    """
    outer, inner = usual
    changes = [kind for kind in KINDS if CHANGED[kind](outer, inner)]
    wraps = wrapped(outer, inner)
    holds = buffers_response(*slow)
    reads = read_before(outer, inner) and "receive" in wraps
    return {
        "buffers_response": holds,
        "delays_start": delays_start(*slow),
        "buffers_request": reads,
        "extra_messages": max(0, len(outer.bodies) - len(inner.bodies)) * (not holds),
        "changes": sorted(changes),
        "idle": not changes and not holds and not reads,
        "wraps": wraps,
    }


def wrapped(outer, inner):
    """Which callables the layer exchanged for its own."""
    names = zip(("receive", "send"), outer.handed, inner.given)
    return [name for name, came, went in names if came is not went]


def buffers_response(outer, inner):
    """Whether no part of the body went on before the last one had come."""
    bodies = inner.bodies
    if len(bodies) < 2 or not any(message.body for message in bodies[:-1]):
        return False
    return not any(message.body and message.at < bodies[-1].at for message in outer.bodies)


def delays_start(outer, inner):
    """Whether the start went on only when a part of the body had come."""
    if not (outer.starts and inner.starts and inner.bodies):
        return False
    return outer.starts[0].at > inner.bodies[0].at


def repeats_start(outer, inner):
    """Whether the start went on more often than it came: such a layer stands no further pieces."""
    return len(outer.starts) > max(1, len(inner.starts))


def read_before(outer, inner):
    """Whether the request's body was read before what is inside was called."""
    return any(message.at < inner.entered_at for message in outer.requests)


def scope_changed(outer, inner):
    keys = outer.scope.keys() | inner.scope.keys()
    return not all(
        key in outer.scope and key in inner.scope and same(outer.scope[key], inner.scope[key])
        for key in keys
    )


def same(one, other):
    """Whether two values are one, or equal; what cannot be compared is not."""
    if one is other:
        return True
    try:
        return bool(one == other)
    except Exception:
        return False


def request_changed(outer, inner):
    """Whether bytes came in that did not come from outside; or not all, though it was the end."""
    came, went = joined(outer.requests), joined(inner.requests)
    if not came.startswith(went):
        return True
    return is_whole(outer.requests) and is_whole(inner.requests) and came != went


def is_whole(requests):
    return any(not message.more for message in requests)


def joined(messages):
    return b"".join(message.body for message in messages)


def start_changed(field):
    """A check on one field of the response's start."""

    def changed(outer, inner):
        if not (outer.starts and inner.starts):
            return False
        return getattr(outer.starts[0], field) != getattr(inner.starts[0], field)

    return changed


def body_changed(outer, inner):
    return bool(inner.bodies) and joined(outer.bodies) != joined(inner.bodies)


CHANGED = {
    "scope": scope_changed,
    "request": request_changed,
    "status": start_changed("status"),
    "headers": start_changed("headers"),
    "body": body_changed,
}
