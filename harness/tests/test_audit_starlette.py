"""The audit of Starlette and FastAPI applications, and of what is patched into them."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from test_audit_client import (  # noqa: E402
    MARKS,
    Checks,
    Clock,
    ask,
    audit,
    importable,
    marks_of,
    scope_of,
)

from asgi_toll_failure import Failure  # noqa: E402

if importable("starlette"):
    import starlette
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.base import BaseHTTPMiddleware
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.responses import JSONResponse
    from starlette.routing import Mount, Route, Router

    NEWER = tuple(int(part) for part in starlette.__version__.split(".")[:2]) >= (0, 33)
else:
    NEWER = False


class Mark:
    """Adds a header."""

    def __init__(self, app, mark, level=3):
        self.app = app
        self.mark = mark
        self.level = level

    async def __call__(self, scope, receive, send):
        async def send_marked(message):
            if message["type"] == "http.response.start":
                message = dict(message, headers=[*message["headers"], (self.mark, b"1")])
            await send(message)

        await self.app(scope, receive, send_marked)


def mark_function(app, mark):
    async def wrapped(scope, receive, send):
        async def send_marked(message):
            if message["type"] == "http.response.start":
                message = dict(message, headers=[*message["headers"], (mark, b"1")])
            await send(message)

        await app(scope, receive, send_marked)

    return wrapped


def dispatch(mark):
    async def add_mark(request, call_next):
        response = await call_next(request)
        response.headers[mark.decode()] = "1"
        return response

    return add_mark


async def hello(request):
    return JSONResponse({"hello": request.path_params.get("id")})


def names(found):
    return [layer.name for layer in found.layers]


@unittest.skipUnless(importable("starlette"), "needs starlette")
class OfStarlette(Checks, unittest.TestCase):
    def test_layers_of_an_application(self):
        def build():
            return Starlette(routes=[Route("/", hello)], middleware=layers())

        def layers():
            return [
                Middleware(Mark, mark=MARKS[0], level=5),
                Middleware(BaseHTTPMiddleware, dispatch=dispatch(MARKS[1])),
                Middleware(mark_function, mark=MARKS[2]),
            ]

        found = self.check_layers(build)
        self.assertEqual(
            names(found),
            ["ServerErrorMiddleware", "Mark", "add_mark", "mark_function", "ExceptionMiddleware"],
        )
        base = [layer.name for layer in found.layers if layer.base_http]
        self.assertEqual(base, ["add_mark"])
        self.assertEqual(found.layers[1].options, {"level": 5})
        self.assertEqual({layer.place for layer in found.layers}, {"application"})
        own = found.layers[0]
        self.assertEqual((own.by, own.removable), ("framework", False))
        self.assertEqual((own.distribution, own.version), ("starlette", starlette.__version__))
        self.assertIn("Starlette adds it", own.why_not)
        with self.assertRaises(Failure):
            found.without({0})

    def test_layers_around_an_application(self):
        def build():
            layers = [Middleware(Mark, mark=MARKS[2])]
            app = Starlette(routes=[Route("/", hello)], middleware=layers)
            return Mark(mark_function(app, MARKS[1]), MARKS[0])

        found = self.check_layers(build)
        self.assertEqual(found.layers[0].place, "around the application")

    def test_a_dispatch_function_around_an_application(self):
        app = Starlette(routes=[Route("/", hello)])
        layer = audit(BaseHTTPMiddleware(app, dispatch=dispatch(b"x")), scope_of()).layers[0]
        self.assertEqual((layer.name, layer.base_http), ("add_mark", True))

    def test_options_of_a_layer(self):
        app = Starlette(middleware=[Middleware(GZipMiddleware, minimum_size=7)])
        layer = audit(app, scope_of()).layers[1]
        self.assertEqual((layer.options["minimum_size"], layer.options["compresslevel"]), (7, 9))
        self.assertTrue(layer.file.endswith("gzip.py"))

    def test_mounted_applications(self):
        def build():
            inner = Starlette(
                routes=[Route("/items/{id}", hello)], middleware=[Middleware(Mark, mark=MARKS[2])]
            )
            routes = [Route("/", hello), Mount("/api", app=Mark(inner, MARKS[1]))]
            return Starlette(routes=routes, middleware=[Middleware(Mark, mark=MARKS[0])])

        self.path = "/api/items/3"
        found = self.check_layers(build)
        places = [found.layers[index].place for index in self.indices(found)]
        self.assertEqual(places, ["application", "mount /api", "mount /api"])
        self.assertIn("Router", names(found))
        self.assertEqual(self.clock.inside[len(found.layers)], {len(found.layers) - 1})
        self.path = "/"
        self.assertEqual(len(self.indices(self.audited(build))), 1)

    @unittest.skipUnless(NEWER, "needs layers of routes")
    def test_layers_of_routers_and_routes(self):
        def build():
            route = Route("/x/{id}", hello, middleware=[Middleware(Mark, mark=MARKS[2])])
            router = Router([route], middleware=[Middleware(Mark, mark=MARKS[1])])
            routes = [Mount("/r", app=router, middleware=[Middleware(Mark, mark=MARKS[0])])]
            return Starlette(routes=routes)

        self.path = "/r/x/1"
        found = self.check_layers(build)
        places = [found.layers[index].place for index in self.indices(found)]
        self.assertEqual(places, ["mount /r", "mount /r, router", "mount /r, route /x/{id}"])

    @unittest.skipUnless(NEWER, "needs layers of routers")
    def test_a_router_alone(self):
        def build():
            return Router([Route("/", hello)], middleware=[Middleware(Mark, mark=MARKS[0])])

        self.check_layers(build, 1)

    def test_an_application_without_layers_of_its_own(self):
        self.check_layers(lambda: Starlette(routes=[Route("/", hello)]), 0)

    def test_what_no_route_answers(self):
        found = audit(Starlette(), scope_of("/nothing"))
        self.assertEqual(names(found), ["ServerErrorMiddleware", "ExceptionMiddleware"])

    def test_the_same_list_each_time(self):
        def build():
            layers = [Middleware(Mark, mark=mark) for mark in MARKS]
            return Starlette(routes=[Route("/", hello)], middleware=layers)

        first, second = audit(build(), scope_of()), audit(build(), scope_of())
        self.assertEqual([e.told() for e in first.layers], [e.told() for e in second.layers])


@unittest.skipUnless(importable("fastapi"), "needs fastapi")
class OfFastApi(Checks, unittest.TestCase):
    def build(self):
        from fastapi import APIRouter, FastAPI

        app = FastAPI()
        router = APIRouter(prefix="/v1")

        @router.get("/items/{item}")
        async def get_item(item: int):
            return {"item": item}

        app.include_router(router, prefix="/api")
        app.middleware("http")(dispatch(MARKS[2]))
        app.add_middleware(mark_function, mark=MARKS[1])
        app.add_middleware(Mark, mark=MARKS[0])
        return app

    def test_layers_of_an_application(self):
        self.path = "/api/v1/items/3"
        found = self.check_layers(self.build)
        ours = [found.layers[index].name for index in self.indices(found)]
        self.assertEqual(ours, ["Mark", "mark_function", "add_mark"])
        own = [layer for layer in found.layers if layer.by == "framework"]
        self.assertIn("ServerErrorMiddleware", [layer.name for layer in own])
        self.assertEqual({layer.distribution for layer in own} - {"starlette", "fastapi"}, set())
        self.assertFalse(any(layer.removable for layer in own))

    def test_a_mount_in_a_router(self):
        from fastapi import APIRouter, FastAPI

        def build():
            inner = FastAPI()
            inner.add_middleware(Mark, mark=MARKS[1])
            inner.get("/x")(lambda: {})
            router = APIRouter()
            router.mount("/sub", inner)
            app = FastAPI()
            app.add_middleware(Mark, mark=MARKS[0])
            app.include_router(router)
            return app

        self.path = "/sub/x"
        status, _, _ = ask(build(), self.path)
        if status != 200:
            self.skipTest("this release mounts nothing in routers")
        self.check_layers(build, 2)


@unittest.skipUnless(importable("opentelemetry.instrumentation.fastapi"), "needs it")
class OfOpenTelemetry(OfFastApi):
    def build(self):
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

        app = super().build()
        FastAPIInstrumentor.instrument_app(app)
        return app

    def test_layers_of_an_application(self):
        super().test_layers_of_an_application()
        found = self.audited(self.build)
        put_in = [i for i, layer in enumerate(found.layers) if layer.by == "patched in"]
        self.assertIn("OpenTelemetryMiddleware", [found.layers[i].name for i in put_in])
        index = names(found).index("OpenTelemetryMiddleware")
        self.assertEqual(found.layers[index].distribution, "opentelemetry-instrumentation-asgi")
        told = ask(found.without({index}), self.path)
        self.assertEqual((told[0], marks_of(told[1])), (200, MARKS))
        left = self.audited(self.build)
        told = ask(left.without(set(put_in)), self.path)
        self.assertEqual((told[0], marks_of(told[1])), (200, MARKS))


@unittest.skipUnless(importable("prometheus_fastapi_instrumentator"), "needs it")
class OfPrometheus(OfFastApi):
    def build(self):
        from prometheus_client import CollectorRegistry
        from prometheus_fastapi_instrumentator import Instrumentator

        app = super().build()
        Instrumentator(registry=CollectorRegistry()).instrument(app)
        return app

    def test_layers_of_an_application(self):
        self.path = "/api/v1/items/3"
        found = self.audited(self.build)
        layer = next(each for each in found.layers if each.name.startswith("Prometheus"))
        self.assertEqual((layer.by, layer.removable), ("application", True))
        self.assertEqual(layer.distribution, "prometheus-fastapi-instrumentator")
        told = ask(found.without({found.layers.index(layer)}), self.path)
        self.assertEqual((told[0], marks_of(told[1])), (200, MARKS))
        clock = Clock()
        found = self.audited(self.build)
        self.assertEqual(ask(found.shimmed(clock), self.path)[0], 200)
        self.assertEqual(sorted(clock.calls), list(range(len(found.layers) + 1)))

    test_a_mount_in_a_router = None


if __name__ == "__main__":
    unittest.main()
