"""The layers of Litestar: around its router, and the stack that each of its routes has."""

import sys
import types

from asgi_toll_audit_given import given
from asgi_toll_audit_imported import class_named
from asgi_toll_audit_layer import FRAMEWORK, PATCHED_IN
from asgi_toll_audit_links import Attribute

ADDS_ITSELF = "Litestar adds it to every application by itself"
# What Litestar builds from options of the application, inside of the middlewares.
FROM_OPTIONS = (
    "AllowedHostsMiddleware", "ResponseCacheMiddleware", "CompressionMiddleware",
    "CSRFMiddleware", "CORSMiddleware", "OpenTelemetryInstrumentationMiddleware",
)  # fmt: skip


def knows(held):
    """Whether `held` is an application, its router, or what runs a route."""
    return is_application(held) or is_router(held) or is_route(held)


def is_application(held):
    return isinstance(held, class_named("litestar.app", "Litestar"))


def is_router(held):
    return isinstance(held, class_named("litestar._asgi.asgi_router", "ASGIRouter"))


def is_route(held):
    base = class_named("litestar.routes.base", "BaseRoute")
    return isinstance(held, types.MethodType) and isinstance(held.__self__, base)


def follow(path, link, held):
    """The link to what is inside, or None at a route."""
    if is_application(held):
        path.place = path.at()
        return marked(path, Attribute(held, "asgi_handler"), is_router)
    if is_router(held):
        return follow_router(path, link, held)
    return None


def marked(path, link, until):
    """Past layers, of which those that Litestar adds by itself are marked."""
    first = len(path.chain.steps)
    link = path.follow_chain(link, until)
    for step in path.chain.steps[first:]:
        mark(step.layer)
    return link


def mark(layer):
    package = layer.origin.partition(".")[0]
    if package == "sentry_sdk":
        layer.by = PATCHED_IN
    if layer.name == "ExceptionHandlerMiddleware" and package == "litestar":
        layer.by = FRAMEWORK
        layer.keep(ADDS_ITSELF)


def follow_router(path, link, router):
    """Into the stack of the route that this request takes."""
    found = stack_of(router, path.scope)
    if found is None:
        return None
    path.route(link, router)
    first = len(path.chain.steps)
    path.place = path.at("route")
    end = marked(path, found, is_route)
    tell_places(path, path.chain.steps[first:], found.handler)
    return end


class Stack:
    """A link: the stack of one route and method, in the tree that the router looks in."""

    def __init__(self, router, node, key):
        self.router = router
        self.node = node
        self.key = key
        self.handler = node.asgi_handlers[key].handler

    def get(self):
        return self.node.asgi_handlers[self.key].asgi_app

    def set(self, value):
        held = self.node.asgi_handlers
        held[self.key] = held[self.key]._replace(asgi_app=value)
        forget = getattr(self.router.handle_routing, "cache_clear", None)
        if forget is not None:
            forget()


def stack_of(router, scope):
    """The stack that the router chooses for a request, or None."""
    root = scope.get("root_path", "")
    path = scope["path"].split(root, maxsplit=1)[-1] if root else scope["path"]
    try:
        path = sys.modules["litestar.utils"].normalize_path(path)
        chosen, handler = router.handle_routing(path=path, method=scope.get("method"))[:2]
    except Exception:  # no route, or no such method
        return None
    for node in nodes(router):
        for key, held in node.asgi_handlers.items():
            if held.asgi_app is chosen and held.handler is handler:
                return Stack(router, node, key)
    return None


def nodes(router):
    """All nodes of the tree of routes."""
    waiting, seen = [router.root_route_map_node, *router._mount_routes.values()], set()
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            waiting.extend(node.children.values())


def tell_places(path, steps, handler):
    """Tells on which level each layer of a route is registered, and with which options."""
    owned = [(owner, each) for owner in handler.ownership_layers for each in owner.middleware or ()]
    chosen = [step.layer for step in steps if not is_from_litestar(step.layer)]
    if len(owned) != len(chosen):
        return  # which is which cannot be told
    for (owner, entry), layer in zip(owned, chosen):
        layer.place = path.at(level(owner))
        layer.given = given(entry)


def is_from_litestar(layer):
    """Whether it stands inside of the middlewares, built from an option or by itself."""
    is_own = layer.origin.startswith("litestar.")
    return is_own and (layer.by == FRAMEWORK or layer.name in FROM_OPTIONS)


def level(owner):
    """In words, what owns a middleware."""
    if is_application(owner):
        return None
    if isinstance(owner, class_named("litestar.controller", "Controller")):
        return f"controller {type(owner).__name__}"
    if isinstance(owner, class_named("litestar.router", "Router")):
        return f"router {owner.path}"
    return f"handler {getattr(owner, 'handler_name', None) or owner}"


def subject_of(held):
    """The middleware object whose `handle` a function of an `ASGIMiddleware` calls."""
    base = class_named("litestar.middleware.base", "ASGIMiddleware")
    if base == () or not isinstance(held, types.FunctionType):
        return None
    if not held.__qualname__.startswith("ASGIMiddleware.__call__.<locals>."):
        return None
    cells = dict(zip(held.__code__.co_freevars, held.__closure__ or ()))
    handle = cells["handle"].cell_contents if "handle" in cells else None
    return getattr(handle, "__self__", None)
