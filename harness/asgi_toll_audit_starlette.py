"""The layers of Starlette and FastAPI: around their router, and around routes and mounts."""

import types

from asgi_toll_audit_given import given
from asgi_toll_audit_imported import class_named
from asgi_toll_audit_layer import FRAMEWORK, PATCHED_IN, simple
from asgi_toll_audit_links import Attribute

# What they put around every application and router by themselves.
OWN = (
    "starlette.middleware.errors.ServerErrorMiddleware",
    "starlette.middleware.exceptions.ExceptionMiddleware",
    "starlette.exceptions.ExceptionMiddleware",
    "starlette.middleware.body_limit.RequestBodyLimitMiddleware",
)
SERVER_ERRORS = OWN[0]
OBSERVERS = ("opentelemetry", "sentry_sdk", "ddtrace", "elasticapm", "newrelic", "scout_apm")
ADDS_ITSELF = "{} adds it to every application by itself"
FROM_OPTION = "it is what the option `max_body_size` asks for"
OF_BODY_LIMIT = ("RequestBodyLimitMiddleware", "_BodyLimitExceptionMiddleware")


def knows(held):
    """Whether `held` is an application, a router, or a router's own way to its routes."""
    return is_application(held) or is_router(held) or is_routing(held)


def is_application(held):
    return isinstance(held, class_named("starlette.applications", "Starlette"))


def is_router(held):
    return isinstance(held, class_named("starlette.routing", "Router"))


def is_routing(held):
    """Whether it is `Router.app`: what looks for a route."""
    return isinstance(held, types.MethodType) and is_router(held.__self__)


def follow(path, link, held):
    """The link to what is inside of an application or a router, or None."""
    if is_application(held):
        return follow_application(path, held)
    if is_router(held) and getattr(held, "middleware_stack", None) is not None:
        return follow_router(path, link, held)
    return follow_routes(path, link, getattr(held, "__self__", held))


def follow_application(path, app):
    """Past the layers of the application, to its router."""
    if app.middleware_stack is None:
        app.middleware_stack = app.build_middleware_stack()
    first = len(path.chain.steps)
    path.place = path.at()
    link = path.follow_chain(Attribute(app, "middleware_stack"), knows)
    judge(app, path.chain.steps[first:])
    return link


def follow_router(path, link, router):
    """Past the layers that a `Router(middleware=…)` has around its routes."""
    place, first = path.place, len(path.chain.steps)
    path.place = path.at("router")
    past = path.follow_chain(Attribute(router, "middleware_stack"), is_routing)
    for step in path.chain.steps[first:]:
        mark_own(step.layer, "Starlette")
    path.place = place
    if past is None or not is_routing(past.get()):
        return past
    outer = link if len(path.chain.steps) == first else past
    path.is_known(past.get())
    return follow_routes(path, outer, router)


def follow_routes(path, link, router):
    """Through the router into the route that this request takes."""
    route, scope = matched(router.routes, path.scope)
    if route is None:
        return None
    path.route(link, router)
    path.scope.update(scope)
    if is_branch(route):
        path.branches.append(place_of(route))
        path.place = path.at()
        return Attribute(route, "app")
    follow_route(path, route)
    return None


def follow_route(path, route):
    """Past the layers of one route, never into its endpoint."""
    path.place = path.at(f"route {getattr(route, 'path', '')}")
    if not hasattr(route, "app"):
        return
    first = len(path.chain.steps)
    path.follow_chain(Attribute(route, "app"), lambda held: is_endpoint(route, held))
    for step in path.chain.steps[first:]:
        mark_own(step.layer, "Starlette")


def is_endpoint(route, held):
    """Whether `held` runs the endpoint, as the frameworks wrap it."""
    if held is getattr(route, "endpoint", None) or isinstance(held, type):
        return True
    module = getattr(held, "__module__", None) or ""
    return isinstance(held, types.FunctionType) and module in (
        "starlette.routing",
        "fastapi.routing",
    )


def matched(routes, scope):
    """The route that a request takes, and what it adds to the scope."""
    partial = None, {}
    for route in routes:
        match, child = route.matches(dict(scope))
        if match.name == "FULL":
            return included(route, {**scope, **child})
        if match.name == "PARTIAL" and partial[0] is None:
            partial = route, child
    return partial


def included(route, scope):
    """The route inside of what FastAPI's `include_router` made of a router."""
    while hasattr(route, "_match") and hasattr(route, "effective_candidates"):
        _, child, inner, _ = route._match(dict(scope))
        if inner is None:
            break
        scope.update(child)
        route = inner
    return route, scope


def is_branch(route):
    """Whether a route leads to another application: a `Mount` or a `Host`."""
    kinds = [class_named("starlette.routing", name) for name in ("Mount", "Host")]
    return isinstance(route, tuple(kinds))


def place_of(route):
    host = getattr(route, "host", None)
    return f"host {host}" if host is not None else f"mount {route.path or '/'}"


def judge(app, steps):
    """Tells for each layer of an application who put it there, and with which options."""
    registered = list(app.user_middleware)
    last = max((i for i, step in enumerate(steps) if origin_of(step) == SERVER_ERRORS), default=-1)
    for index, step in enumerate(steps):
        if origin_of(step) == SERVER_ERRORS and index != last:
            step.layer.by = PATCHED_IN
        elif is_own(step.layer) and not takes(registered, step, app):
            mark_own(step.layer, type(app).__name__)
        elif not takes(registered, step, app) and (index < last or is_observer(step)):
            step.layer.by = PATCHED_IN


def takes(registered, step, app):
    """Whether the project registered this layer; takes the options of its registration."""
    for entry in registered:
        if made_by(entry.cls, step.outer.get()):
            registered.remove(entry)
            step.layer.given = given(entry)
            step.layer.options.update(simple(step.layer.given))
            if is_instrumented(app) and is_observer(step):
                step.layer.by = PATCHED_IN
            return True
    return False


def made_by(maker, held):
    """Whether `held` is what the registered class or function makes."""
    if isinstance(maker, type):
        return type(held) is maker
    name = getattr(maker, "__qualname__", None)
    return name is not None and getattr(held, "__qualname__", "").startswith(f"{name}.<locals>")


def is_instrumented(app):
    return getattr(app, "_is_instrumented_by_opentelemetry", False)


def is_observer(step):
    return step.layer.origin.partition(".")[0] in OBSERVERS


def origin_of(step):
    kind = type(step.outer.get())
    return f"{kind.__module__}.{kind.__qualname__}"


def is_own(layer):
    return layer.origin in OWN or layer.origin.startswith("fastapi.")


def mark_own(layer, framework):
    """Marks a layer as the framework's own, if it is one."""
    if is_own(layer):
        layer.by = FRAMEWORK
        option = layer.name in OF_BODY_LIMIT
        layer.keep(FROM_OPTION if option else ADDS_ITSELF.format(framework))


def describe(layer, held):
    """Tells of a layer, wherever it is, whether it is Starlette's `BaseHTTPMiddleware`."""
    base = class_named("starlette.middleware.base", "BaseHTTPMiddleware")
    layer.base_http = isinstance(held, base)


def subject_of(held):
    """The function of an `@app.middleware("http")`, which is what the project wrote."""
    base = class_named("starlette.middleware.base", "BaseHTTPMiddleware")
    if not isinstance(held, base) or type(held) is not base:
        return None
    dispatch = held.dispatch_func
    return None if getattr(dispatch, "__self__", None) is held else dispatch
