"""Where a callable keeps the one that it hands requests on to.

A link is such a place: `get()` tells what is in it, `set()` puts something else there.
"""

import functools
import inspect
import types

# Names under which layers keep what is inside of them. The first that is there is followed.
INWARD = (
    "app", "asgi_app", "_app", "_asgi_app", "application", "_application", "inner", "_inner",
    "inner_app", "wrapped", "_wrapped", "wrapped_app", "next_app", "next", "asgi", "asgi_handler",
    "handler", "downstream", "upstream", "target", "middleware_stack",
)  # fmt: skip
ASGI_NAMES = ("scope", "receive", "send")
MISSING = object()


class Variable:
    """A link that nobody else holds: it stands for what a server is given."""

    def __init__(self, value):
        self.value = value

    def get(self):
        return self.value

    def set(self, value):
        self.value = value


class Attribute:
    """An attribute of an object (or of a class)."""

    def __init__(self, holder, name):
        self.holder = holder
        self.name = name

    def get(self):
        return getattr(self.holder, self.name)

    def set(self, value):
        try:
            setattr(self.holder, self.name, value)
        except AttributeError:  # frozen
            object.__setattr__(self.holder, self.name, value)


class Item:
    """An item of a mapping: a global, or a keyword of a `functools.partial`."""

    def __init__(self, mapping, key):
        self.mapping = mapping
        self.key = key

    def get(self):
        return self.mapping[self.key]

    def set(self, value):
        self.mapping[self.key] = value


class Cell:
    """A variable of an enclosing function."""

    def __init__(self, cell):
        self.cell = cell

    def get(self):
        return self.cell.cell_contents

    def set(self, value):
        self.cell.cell_contents = value


class Argument:
    """A positional argument of a `functools.partial`."""

    def __init__(self, holder, index):
        self.holder = holder
        self.index = index

    def get(self):
        return self.holder.args[self.index]

    def set(self, value):
        held = self.holder
        args = (*held.args[: self.index], value, *held.args[self.index + 1 :])
        held.__setstate__((held.func, args, held.keywords, vars(held)))


def inward(holder):
    """The link to what the ASGI callable `holder` hands on to, or None if none shows."""
    if isinstance(holder, functools.partial):
        link = chosen(arguments(holder))
        return link if link is not None else inward(holder.func)
    if isinstance(holder, types.MethodType):
        return chosen(attributes(holder.__self__), besides=holder)
    if isinstance(holder, types.FunctionType):
        link = chosen(cells(holder))
        return link if link is not None else chosen_global(holder)
    if isinstance(holder, (type, types.BuiltinFunctionType)):
        return None
    return chosen(attributes(holder), besides=holder)


def arguments(partial):
    """Names and links of what a `functools.partial` holds."""
    yield from ((name, Item(partial.keywords, name)) for name in partial.keywords)
    yield from ((None, Argument(partial, index)) for index in range(len(partial.args)))


def attributes(holder):
    """Names and links of the attributes of an instance itself."""
    names = dict.fromkeys(getattr(holder, "__dict__", ()))
    for kind in type(holder).__mro__:
        names.update(dict.fromkeys(slots(kind)))
    return [(name, Attribute(holder, name)) for name in names if name != "__call__"]


def slots(kind):
    """The attributes that a class declares in `__slots__`, as the interpreter calls them."""
    declared = vars(kind).get("__slots__", ())
    declared = (declared,) if isinstance(declared, str) else tuple(declared)
    return [mangled(kind, name) for name in declared]


def mangled(kind, name):
    private = name.startswith("__") and not name.endswith("__")
    return f"_{kind.__name__.lstrip('_')}{name}" if private else name


def cells(function):
    """Names and links of the variables that a function has of the functions around it."""
    names = function.__code__.co_freevars
    return [(name, Cell(cell)) for name, cell in zip(names, function.__closure__ or ())]


def chosen(links, besides=None):
    """The link under a usual name, or else the only one that holds an ASGI callable."""
    held = [(name, link, held_by(link)) for name, link in links]
    held = [each for each in held if may_be(each[2], besides)]
    usual = {name: link for name, link, _ in held if name in INWARD}
    for name in INWARD:
        if name in usual:
            return usual[name]
    certain = [link for _, link, value in held if is_certain(value)]
    return certain[0] if len(certain) == 1 else None


def chosen_global(function):
    """The link to the only application that a function names as a global.

    Functions do not count: those are helpers as often as applications.
    """
    names = [name for name in function.__code__.co_names if name in function.__globals__]
    links = [Item(function.__globals__, name) for name in dict.fromkeys(names)]
    links = [link for link in links if type(link.get()) is not types.FunctionType]
    found = [link for link in links if may_be(link.get(), None) and is_certain(link.get())]
    return found[0] if len(found) == 1 else None


def may_be(value, holder):
    """Whether an ASGI callable may be what `holder` holds. Proxies raise whatever they like."""
    try:
        return callable(value) and takes_asgi(value) and not is_own(value, holder)
    except Exception:
        return False


def held_by(link):
    """What is in a link, or MISSING: cells and slots may be empty."""
    try:
        return link.get()
    except Exception:
        return MISSING


def is_own(value, holder):
    """Whether `value` is `holder` again, or a method of it."""
    if holder is None:
        return False
    itself = getattr(holder, "__self__", holder)
    return value is itself or getattr(value, "__self__", MISSING) is itself


def takes_asgi(value):
    """Whether `value` can be called as `value(scope, receive, send)` and be awaited."""
    if value is MISSING or not callable(value) or isinstance(value, type):
        return False
    parameters = parameters_of(value)
    if parameters is None:
        return not isinstance(value, (types.BuiltinFunctionType, types.FunctionType))
    return takes_three(parameters) and (names_asgi(parameters) or is_coroutine_function(value))


def is_certain(value):
    """The same, where not even the name of the place speaks for it."""
    parameters = parameters_of(value)
    return parameters is not None and names_asgi(parameters)


def parameters_of(value):
    """What a callable takes, or None where it does not tell."""
    try:
        call = value.__call__ if is_instance(value) else value
        return list(inspect.signature(call, follow_wrapped=False).parameters.values())
    except (TypeError, ValueError, AttributeError):
        return None


def is_instance(value):
    return not isinstance(value, (types.FunctionType, types.MethodType, functools.partial))


def takes_three(parameters):
    """Whether three positional arguments fit."""
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return True
    positional = [each for each in parameters if each.kind <= each.POSITIONAL_OR_KEYWORD]
    needed = [each for each in positional if each.default is each.empty]
    return len(needed) <= len(ASGI_NAMES) <= len(positional)


def names_asgi(parameters):
    """Whether the parameters are called as the specification calls them."""
    names = [parameter.name.strip("_") for parameter in parameters]
    return all(name in names for name in ASGI_NAMES[1:])


def is_coroutine_function(value):
    """Whether calling `value` gives a coroutine, however often it is wrapped."""
    while isinstance(value, functools.partial):
        value = value.func
    called = type(value).__call__ if is_instance(value) else None
    return inspect.iscoroutinefunction(value) or inspect.iscoroutinefunction(called)


def identity(value):
    """What tells `value` from others; a bound method is made anew with each look."""
    if isinstance(value, types.MethodType):
        return id(value.__self__), id(value.__func__)
    return id(value)
