"""Which layers a built application holds, by walking from one to the next."""

import re

# Where layers keep what is inside of them. The first that is there is followed.
INWARD = (
    "middleware_stack", "_middleware_chain", "asgi_app", "asgi_handler", "app", "_app",
    "application", "_application", "inner", "wrapped", "handler", "next_app", "get_response",
    "__wrapped__", "__self__", "func",
)  # fmt: skip
# The application, its routers and handlers are not layers.
NO_LAYER = re.compile(r"(Router|Route|Routing|Handler|Application|App|API)$")
OWN_MODULES = re.compile(r"asgi_toll_")
MOST = 1000


def layers(app):
    """Dotted classes of the layers around the routes of `app`, outermost first."""
    found, seen, here = [], set(), inside(app, set())
    while here is not None and id(here) not in seen and len(seen) < MOST:
        seen.add(id(here))
        name = class_name(here)
        if name is not None and here is not app:
            found.append(name)
        here = inside(here, seen | {id(app)})
    return found


def inside(holder, seen):
    """What `holder` hands requests on to, as far as it shows."""
    for name in INWARD:
        held = getattr(holder, name, None)
        if callable(held) and not isinstance(held, type) and id(held) not in seen:
            return held
    return None


def class_name(layer):
    """The dotted class of `layer`, or None if it is no layer of somebody else's."""
    kind = type(layer)
    if kind.__module__ in ("builtins", "functools") or OWN_MODULES.match(kind.__module__):
        return None
    if NO_LAYER.search(kind.__name__) or names_its_package(kind):
        return None
    return f"{kind.__module__}.{kind.__qualname__}"


def names_its_package(kind):
    """Whether a class is called as its package is: `sanic.app.Sanic` is an application."""
    return kind.__name__.lower() == kind.__module__.partition(".")[0].lower()
