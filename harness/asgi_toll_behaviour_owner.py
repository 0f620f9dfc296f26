"""Whose code runs: the layer that a shim has named last, in this task or thread."""

import os
import sys
from contextvars import ContextVar

from asgi_toll_audit_layer import absolute
from asgi_toll_events import own_files

# The index of a layer; None is nobody of whom anything is told. Tasks inherit it.
OWNER = ContextVar("asgi_toll_owner", default=None)
# Modules whose code runs between layers, beside the driver's.
BETWEEN = ("asgi_toll_audit", "asgi_toll_behaviour", "asgi_toll_exclusive")


def as_owner(owner, function, *args, **named):
    """Calls a function as `owner`."""
    back = OWNER.get()
    OWNER.set(owner)
    try:
        return function(*args, **named)
    finally:
        OWNER.set(back)


def unowned(function, *args):
    """Calls `function(*args)` as nobody."""
    return as_owner(None, function, *args)


def files_of_harness():
    """Files whose code belongs to no layer."""
    modules = [module for name, module in list(sys.modules.items()) if name.startswith(BETWEEN)]
    return own_files().union(module.__file__ for module in modules)


def name_of(code):
    """The qualified name of a function, where this Python knows it."""
    return getattr(code, "co_qualname", code.co_name)


def place_of(frame):
    """Where a frame is just now: file, line and name."""
    return absolute(frame.f_code.co_filename), frame.f_lineno, name_of(frame.f_code)


def file_name(code):
    """The last part of the path of a function's file."""
    return os.path.basename(code.co_filename)


def ranked(counts):
    """Places and how often each was seen, most first, as JSON."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [
        {"name": name, "file": file, "line": line, "calls": number}
        for (file, line, name), number in ordered
    ]
