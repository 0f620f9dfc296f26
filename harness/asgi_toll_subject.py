"""What the `app.py` of every subject needs: marks, JSON, and honest errors."""

import json

MARK_VALUE = "1"


def mark(index):
    """The response header that layer `index` leaves."""
    return "x-toll-%d" % index


def marks(middlewares):
    """Names of the headers of all layers, outermost first."""
    return [mark(index) for index in range(middlewares)]


def raw_marks(middlewares):
    """The same as finished ASGI pairs of bytes."""
    value = MARK_VALUE.encode("ascii")
    return [(name.encode("ascii"), value) for name in marks(middlewares)]


def dump_json(payload):
    """JSON as bytes, without blanks, as most frameworks write it."""
    return json.dumps(payload, separators=(",", ":")).encode("utf-8")


def pick(table, name, what):
    """The entry `name` of a subject's table, or an error that lists the names."""
    if name not in table:
        known = ", ".join(sorted(table))
        raise ValueError(f"unknown {what} {name!r}: this subject has {known}")
    return table[name]
