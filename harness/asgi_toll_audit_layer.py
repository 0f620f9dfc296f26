"""What is told of one layer of an application."""

import functools
import inspect
import math
import os
import sys
import types

from asgi_toll_audit_distributions import distribution_of
from asgi_toll_audit_links import attributes, cells, held_by

APPLICATION = "application"
FRAMEWORK = "framework"
PATCHED_IN = "patched in"

ASGI = "asgi"
HOOK = "hook"
NESTED = "nested"

FIELDS = (
    "name", "origin", "distribution", "version", "file", "line", "place", "removable", "why_not",
    "options", "style", "base_http", "sync", "patches",
)  # fmt: skip


class Layer:
    """One layer: plain data.

    `patches` are dotted names of functions that others put in place of its `__call__`; what
    those cost is part of what this layer costs. `given` are all options that it was registered
    with, as far as they are known: these are never told.
    """

    def __init__(self, subject, place, by=APPLICATION, style=ASGI, itself=False):
        """`subject` is the class, function, or instance that is called.

        `itself` says that the project registered just this function, not a factory of it.
        """
        self.name, self.origin = names_of(subject, itself)
        self.file, self.line = source_of(subject)
        self.distribution, self.version = distribution_of(module_of(subject), self.file)
        self.place = place
        self.by = by
        self.removable = True
        self.why_not = None
        self.options = options_of(subject)
        self.given = {}
        self.style = style
        self.base_http = False
        self.sync = False
        self.patches = []

    def keep(self, why_not):
        """Says that the application cannot do without it."""
        self.removable = False
        self.why_not = why_not
        return self

    def told(self):
        """The layer as JSON."""
        return dict({field: getattr(self, field) for field in FIELDS}, added_by=self.by)


def names_of(subject, itself):
    """The short and the dotted name of what a layer is."""
    code = code_of(subject)
    if code is None:
        kind = class_of(subject)
        return kind.__name__, f"{kind.__module__}.{kind.__qualname__}"
    function = function_of(subject)
    copied = getattr(function, "__wrapped__", None) is not None  # `functools.wraps`
    name = getattr(code, "co_qualname", code.co_name) if copied else function.__qualname__
    return short_name(name, itself), f"{module_of(subject)}.{name}"


def short_name(qualified, itself):
    """`add_header` of `add_header.<locals>.wrapped`: the factory is what people know."""
    parts = qualified.split(".<locals>.")
    return parts[-2 if len(parts) > 1 and not itself else -1]


def function_of(subject):
    """The function that runs, or None if it is not a function that was registered."""
    while isinstance(subject, functools.partial):
        subject = subject.func
    if isinstance(subject, types.MethodType):
        subject = subject.__func__
    return subject if isinstance(subject, types.FunctionType) else None


def code_of(subject):
    function = function_of(subject)
    return None if function is None else function.__code__


def class_of(subject):
    while isinstance(subject, functools.partial):
        subject = subject.func
    return subject if isinstance(subject, type) else type(subject)


def module_of(subject):
    """The module that a layer is written in."""
    function = function_of(subject)
    if function is not None:
        return function.__globals__.get("__name__", "")
    return class_of(subject).__module__


def source_of(subject):
    """File and line where a layer is defined; None where that is unknown."""
    code = code_of(subject)
    if code is not None:
        return absolute(code.co_filename), code.co_firstlineno
    kind = class_of(subject)
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    try:
        line = inspect.findsource(kind)[1] + 1
    except Exception:  # no source, one that cannot be parsed, or Python 3.11 trips over itself
        line = None
    return absolute(file), line


def absolute(file):
    """A path that stays right; names that are no files (`<string>`) stay as they are."""
    return os.path.abspath(file) if file and os.path.exists(file) else file


def options_of(subject):
    """The simple values that a layer holds. Never text: that may be a secret."""
    if isinstance(subject, functools.partial):
        return simple(subject.keywords)
    if isinstance(subject, types.FunctionType):
        return simple({name: held_by(link) for name, link in cells(subject)})
    if isinstance(subject, (types.MethodType, type)):
        return {}
    held = simple({name: held_by(link) for name, link in attributes(subject)})
    taken = parameters_taken(type(subject))
    return {name: value for name, value in held.items() if value is not None or name in taken}


def parameters_taken(kind):
    """The names of what the constructor of a class takes."""
    try:
        return set(inspect.signature(kind.__init__).parameters)
    except (TypeError, ValueError):
        return set()


def simple(values):
    """What of `values` is bool, int, float or None, under public names."""
    return {
        name: value
        for name, value in values.items()
        if not name.startswith("_") and is_simple(value)
    }


def is_simple(value):
    if type(value) is float:
        return math.isfinite(value)
    return value is None or type(value) in (bool, int)
