"""What layers of published packages are seen to do with a request."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from behaviour_client import behaviour, importable, names, of  # noqa: E402

if importable("starlette"):
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.base import BaseHTTPMiddleware
    from starlette.middleware.cors import CORSMiddleware
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.responses import PlainTextResponse, StreamingResponse
    from starlette.routing import Route

GZIP = [["accept-encoding", "gzip"]]


async def hello(request):
    return PlainTextResponse("hello")


async def big(request):
    return PlainTextResponse("hello" * 1000)


async def stream(request):
    async def parts():
        for _ in range(3):
            yield b"hello" * 1000

    return StreamingResponse(parts())


async def echo(request):
    return PlainTextResponse(await request.body())


async def pass_on(request, call_next):
    return await call_next(request)


def application(*middleware):
    """An application with four routes."""
    routes = [Route("/", hello), Route("/big", big), Route("/stream", stream)]
    routes.append(Route("/echo", echo, methods=["POST"]))
    return Starlette(routes=routes, middleware=list(middleware))


@unittest.skipUnless(importable("starlette"), "needs starlette")
class OfStarlette(unittest.TestCase):
    def test_compression(self):
        for path, changes in (("/big", ["body", "headers"]), ("/", [])):
            found = behaviour(application(Middleware(GZipMiddleware)), path, headers=GZIP)
            facts = of(found, "GZipMiddleware")
            told = facts["changes"], facts["delays_start"], facts["buffers_response"]
            self.assertEqual(told, (changes, True, False))
            self.assertEqual(facts["idle"], not changes)

    def test_compression_of_a_stream(self):
        found = behaviour(application(Middleware(GZipMiddleware)), "/stream", headers=GZIP)
        facts = of(found, "GZipMiddleware")
        self.assertEqual((facts["delays_start"], facts["buffers_response"]), (True, False))
        self.assertIn("body", facts["changes"])

    def test_cross_origin(self):
        layer = Middleware(CORSMiddleware, allow_origins=["*"])
        facts = of(behaviour(application(layer)), "CORSMiddleware")
        # Releases from 1.0 on say with every answer that it depends on the origin.
        self.assertIn(facts["changes"], ([], ["headers"]))
        self.assertEqual(facts["idle"], not facts["changes"])
        headers = [["origin", "https://shop.example"]]
        facts = of(behaviour(application(layer), headers=headers), "CORSMiddleware")
        self.assertEqual((facts["changes"], facts["idle"]), (["headers"], False))
        headers.append(["access-control-request-method", "GET"])
        facts = of(
            behaviour(application(layer), headers=headers, method="OPTIONS"), "CORSMiddleware"
        )
        self.assertEqual((facts["answers_itself"], facts["idle"]), (True, False))

    def test_a_task_for_each_base_http_middleware(self):
        layers = [Middleware(BaseHTTPMiddleware, dispatch=pass_on) for _ in range(2)]
        found = [each for each in behaviour(application(*layers)) if each["layer"] == "pass_on"]
        for facts in found:
            self.assertIn(("base.py", "call_next"), names(facts["tasks_from"]))
            self.assertEqual((facts["changes"], facts["wraps"]), ([], ["receive", "send"]))
            self.assertFalse(facts["buffers_response"] or facts["delays_start"])
            self.assertTrue(facts["idle"])
            self.assertGreater(facts["calls"], 100)
        # The inner one ends with a message of its own, which the outer one takes for its own.
        self.assertEqual([facts["extra_messages"] for facts in found], [0, 1])

    def test_where_tasks_are_made(self):
        layer = Middleware(BaseHTTPMiddleware, dispatch=pass_on)
        place = of(behaviour(application(layer)), "pass_on")["tasks_from"][0]
        self.assertTrue(place["file"].endswith("/starlette/middleware/base.py"), place)
        with open(place["file"]) as file:
            line = file.read().splitlines()[place["line"] - 1]
        self.assertIn("start_soon", line)

    @unittest.skipUnless(importable("starlette") and hasattr(BaseHTTPMiddleware, "dispatch"), "")
    def test_a_request_body_that_is_read_in_dispatch(self):
        import starlette

        if tuple(int(part) for part in starlette.__version__.split(".")[:2]) < (0, 28):
            self.skipTest("what is inside would wait for the body forever")

        async def read(request, call_next):
            await request.body()
            return await call_next(request)

        layer = Middleware(BaseHTTPMiddleware, dispatch=read)
        facts = of(behaviour(application(layer), "/echo", body=b"hello"), "read")
        self.assertEqual((facts["buffers_request"], facts["changes"]), (True, []))

    def test_routes_are_matched_by_the_router(self):
        found = behaviour(application(Middleware(GZipMiddleware)), "/big")
        self.assertEqual([each["route_matches"] for each in found], [0] * len(found))


@unittest.skipUnless(importable("starlette", "slowapi"), "needs slowapi")
class OfSlowApi(unittest.TestCase):
    def application(self, name):
        from slowapi import Limiter, middleware
        from slowapi.util import get_remote_address

        app = application(Middleware(getattr(middleware, name)))
        limits = ["10000000/day"]
        app.state.limiter = Limiter(key_func=get_remote_address, default_limits=limits)
        return app

    def test_it_walks_all_routes(self):
        for name in ("SlowAPIMiddleware", "SlowAPIASGIMiddleware"):
            facts = of(behaviour(self.application(name)), name)
            self.assertEqual(facts["route_matches"], 4)
            self.assertEqual(
                names([facts["routes_walked_from"]]), [("middleware.py", "_find_route_handler")]
            )

    def test_the_one_of_plain_asgi_repeats_the_start(self):
        facts = of(behaviour(self.application("SlowAPIASGIMiddleware")), "SlowAPIASGIMiddleware")
        self.assertEqual((facts["repeats_start"], facts["delays_start"]), (True, True))
        self.assertEqual(facts["tasks_from"], [])


@unittest.skipUnless(
    importable("fastapi", "prometheus_fastapi_instrumentator"), "needs the instrumentator"
)
class OfPrometheus(unittest.TestCase):
    def test_it_walks_routes_to_the_one_that_fits(self):
        from fastapi import FastAPI
        from prometheus_client import CollectorRegistry
        from prometheus_fastapi_instrumentator import Instrumentator

        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        for path in ("/first", "/second", "/third", "/"):
            app.add_api_route(path, lambda: {"hello": 1})
        Instrumentator(registry=CollectorRegistry()).instrument(app)
        facts = of(behaviour(app), "PrometheusInstrumentatorMiddleware")
        self.assertEqual((facts["route_matches"], facts["changes"]), (4, []))
        self.assertEqual(names([facts["routes_walked_from"]])[0][1], "_get_route_name")


@unittest.skipUnless(
    importable("starlette", "opentelemetry.instrumentation.asgi"), "needs opentelemetry"
)
class OfOpenTelemetry(unittest.TestCase):
    def test_it_wraps_both_and_changes_nothing(self):
        from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

        facts = of(
            behaviour(application(Middleware(OpenTelemetryMiddleware))), "OpenTelemetryMiddleware"
        )
        self.assertEqual((facts["wraps"], facts["changes"]), (["receive", "send"], []))
        self.assertGreater(facts["calls"], 20)


@unittest.skipUnless(importable("starlette", "starlette_context"), "needs starlette-context")
class OfStarletteContext(unittest.TestCase):
    def test_its_two_forms(self):
        from starlette_context.middleware import ContextMiddleware, RawContextMiddleware

        for kind, tasks in ((ContextMiddleware, 1), (RawContextMiddleware, 0)):
            facts = of(behaviour(application(Middleware(kind))), kind.__name__)
            self.assertEqual(min(1, len(facts["tasks_from"])), tasks)


if __name__ == "__main__":
    unittest.main()
