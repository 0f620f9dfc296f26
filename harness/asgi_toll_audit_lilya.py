"""The layers of Lilya: around its router, and around routers, includes and paths."""

import types

from asgi_toll_audit_given import given
from asgi_toll_audit_imported import class_named
from asgi_toll_audit_layer import FRAMEWORK
from asgi_toll_audit_links import Attribute

ADDS_ITSELF = "Lilya adds it to every application by itself"
# Copies the scope on both sides of each layer: part of what the layer costs.
ISOLATION = "lilya._internal._middleware.ScopeIsolationMiddleware"


def knows(held):
    """Whether `held` is an application, a router, or a router's own way to its paths."""
    return is_application(held) or is_router(held) or is_routing(held)


def is_application(held):
    kinds = [class_named("lilya.apps", name) for name in ("BaseLilya", "Lilya")]
    return isinstance(held, tuple(kinds))


def is_router(held):
    return isinstance(held, class_named("lilya.routing", "BaseRouter"))


def is_routing(held):
    """Whether it is `Router.app`: what looks for a path."""
    return isinstance(held, types.MethodType) and is_router(held.__self__)


def follow(path, link, held):
    """The link to what is inside of an application or a router, or None."""
    if is_application(held):
        return follow_application(path, held)
    if is_router(held):
        return follow_router(path, link, held)
    return follow_paths(path, link, held.__self__)


def follow_application(path, app):
    """Past the layers of the application. One with a single path and no layers skips them."""
    path.place = path.at()
    fast = getattr(app, "_fast_route", None)
    if getattr(app, "_fast_http", False) and fast is not None:
        return follow_path(path, fast)
    if app.middleware_stack is None:
        app.middleware_stack = app.build_middleware_stack()
    registered = getattr(app, "custom_middleware", None)
    return merged_chain(path, Attribute(app, "middleware_stack"), registered, knows)


def follow_router(path, link, router):
    """Past the layers that a router has around its paths."""
    place, first = path.place, len(path.chain.steps)
    path.place = path.at("router")
    registered = getattr(router, "middleware", None)
    past = merged_chain(path, Attribute(router, "middleware_stack"), registered, is_routing)
    path.place = place
    if past is None or not is_routing(past.get()):
        return past
    path.is_known(past.get())
    return follow_paths(path, link if len(path.chain.steps) == first else past, router)


def follow_paths(path, link, router):
    """Through the router into the path or include that this request takes."""
    route, scope = matched(router.routes, path.scope)
    if route is None:
        return None
    path.route(link, router)
    path.scope.update(scope)
    if isinstance(route, class_named("lilya.routing", "Path")):
        return follow_path(path, route)
    if not hasattr(route, "app"):
        return None
    host = getattr(route, "host", None)
    path.branches.append(f"host {host}" if host else f"include {route.path or '/'}")
    path.place = path.at()
    return merged_chain(path, Attribute(route, "app"), getattr(route, "middleware", None), knows)


def follow_path(path, route):
    """Past the layers of one path, never into its handler."""
    path.place = path.at(f"path {route.path}")
    merged_chain(path, Attribute(route, "app"), getattr(route, "middleware", None), is_handler)


def is_handler(held):
    module = getattr(held, "__module__", None) or ""
    runs = isinstance(held, (types.FunctionType, types.MethodType)) and module.startswith("lilya.")
    return runs or isinstance(held, type) or hasattr(held, "__is_controller__")


def matched(routes, scope):
    """The path that a request takes, and what it adds to the scope."""
    partial = None, {}
    for route in routes:
        match, child = route.search(dict(scope))
        if match.name == "FULL":
            return route, child
        if match.name == "PARTIAL" and partial[0] is None:
            partial = route, child
    return partial


def merged_chain(path, link, registered, until):
    """Past layers, each of which takes in the isolation on its sides.

    What is of Lilya and not among the `registered`, it has put there by itself.
    """
    waiting = list(registered or ())
    by_project = {origin_of(each) for each in waiting}
    steps, first = path.chain.steps, len(path.chain.steps)
    link = path.follow_chain(link, until)
    steps[first:] = merged(steps[first:])
    for step in steps[first:]:
        take_options(step.layer, waiting)
        if step.layer.origin.startswith("lilya.") and step.layer.origin not in by_project:
            step.layer.by = FRAMEWORK
            step.layer.keep(ADDS_ITSELF)
    return link


def take_options(layer, waiting):
    """Gives a layer the options of the first registration of it that is `waiting`."""
    for entry in waiting:
        origin = origin_of(entry)
        if layer.origin == origin or layer.origin.startswith(f"{origin}.<locals>."):
            layer.given = given(entry)
            waiting.remove(entry)
            return


def origin_of(definition):
    """The dotted name of what a `DefineMiddleware` makes."""
    kind = getattr(definition, "middleware", definition)
    return f"{getattr(kind, '__module__', '')}.{getattr(kind, '__qualname__', '')}"


def merged(steps):
    """The steps, with one isolation on each side of a layer as part of the layer."""
    kept, before = [], None
    waiting = list(steps)
    while waiting:
        step = waiting.pop(0)
        if is_isolation(step) and before is None:
            before = step
            continue
        if before is not None:
            step.outer = before.outer
        if waiting and is_isolation(waiting[0]):
            step.inner = waiting.pop(0).inner
        before = None
        kept.append(step)
    return kept if before is None else [*kept, before]


def is_isolation(step):
    return step.layer.origin == ISOLATION
