"""What a change makes of applications of frameworks."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from test_audit_change import Layer, closure  # noqa: E402
from test_audit_client import ask, audit, importable, scope_of  # noqa: E402

from asgi_toll_audit_change import Change  # noqa: E402
from asgi_toll_audit_switch import Switch  # noqa: E402
from asgi_toll_failure import Failure  # noqa: E402

PLAIN = "test_audit_change"
HERE = __name__
GZIPPED = (b"accept-encoding", b"gzip")

if importable("starlette"):
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.base import BaseHTTPMiddleware
    from starlette.middleware.cors import CORSMiddleware
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.responses import PlainTextResponse
    from starlette.routing import Mount, Route

    async def seen(request):
        return PlainTextResponse(request.scope.get("seen", "") + "." * 600)

    async def dispatched(request, call_next):
        response = await call_next(request)
        response.headers["x-dispatched"] = "1"
        return response

    class Dispatching(BaseHTTPMiddleware):
        """Runs a function of another layer."""

        async def dispatch(self, request, call_next):
            raise AssertionError("the function is not taken over")


class Keeps:
    """Tells which options it was given."""

    given = None

    def __init__(self, app, level=None, name=None):
        type(self).given = {"level": level, "name": name}
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


class Second(Layer):
    """Takes the application after an option."""

    def __init__(self, name, app, level=1):
        super().__init__(app, name, level)


def place(found, name):
    return next(place for place, layer in enumerate(found.layers) if layer.name == name)


class Asks:
    """Asks applications after changes, to and fro."""

    def switched(self, app, path="/"):
        self.found = audit(app, scope_of(path))
        self.switch = Switch(self.found)
        self.whole = ask(self.switch.to(Change()), path)

    def change(self, path="/", headers=(), **parts):
        """What is answered after a change; twice, with the whole between."""
        change = Change.made(**parts)
        told = ask(self.switch.to(change), path, headers)
        self.assertEqual(ask(self.switch.to(Change()), path), self.whole)
        self.assertEqual(ask(self.switch.to(change), path, headers), told)
        self.assertEqual(ask(self.switch.to(Change()), path), self.whole)
        return told

    def refuse(self, words, **parts):
        with self.assertRaises(Failure) as caught:
            self.switch.to(Change.made(**parts))
        self.assertIn(words, caught.exception.message)
        self.assertEqual(ask(self.switch.to(Change())), self.whole)


@unittest.skipUnless(importable("starlette"), "needs starlette")
class OfStarlette(Asks, unittest.TestCase):
    def app(self, *layers):
        return Starlette(routes=[Route("/", seen)], middleware=layers)

    def test_the_order_of_layers(self):
        self.switched(
            self.app(
                Middleware(CORSMiddleware, allow_origins=["*"]),
                Middleware(GZipMiddleware, minimum_size=5),
                Middleware(Layer, name="a"),
            )
        )
        cors, gzip = place(self.found, "CORSMiddleware"), place(self.found, "GZipMiddleware")
        headers = [GZIPPED, (b"origin", b"https://elsewhere.example")]
        told = self.change(headers=headers, order=[gzip, cors])
        self.assertEqual((told[0], told[1][b"content-encoding"]), (200, b"gzip"))
        self.assertEqual(told[1][b"access-control-allow-origin"], b"*")
        self.switch.to(Change.made(order=[gzip, cors]))
        stack, layers = self.found.root.get().middleware_stack, []
        while hasattr(stack, "app"):
            layers.append(type(stack).__name__)
            stack = stack.app
        expected = ["ServerErrorMiddleware", "GZipMiddleware", "CORSMiddleware", "Layer"]
        self.assertEqual(layers[:4], expected)
        self.switch.to(Change())

    def test_what_starlette_adds_stays(self):
        self.switched(self.app(Middleware(Layer, name="a")))
        self.refuse("ServerErrorMiddleware cannot be moved: Starlette adds it", order=[1, 0])
        self.refuse("ServerErrorMiddleware cannot be replaced: ", replace={0: f"{PLAIN}:Other"})
        self.refuse("ServerErrorMiddleware cannot be taken out: ", without=[0])

    def test_layers_of_a_mount_stand_elsewhere(self):
        inner = Starlette(routes=[Route("/", seen)], middleware=[Middleware(Layer, name="b")])
        app = Starlette(
            routes=[Mount("/in", app=Layer(inner, "c"))], middleware=[Middleware(Layer, name="a")]
        )
        self.switched(app, "/in/")
        places = [n for n, layer in enumerate(self.found.layers) if layer.name == "Layer"]
        with self.assertRaises(Failure) as caught:
            self.switch.to(Change.made(order=[places[1], places[0]]))
        self.assertIn("Layer (mount /in) does not stand in one", caught.exception.message)
        told = self.change("/in/", without=places[:1], replace={places[2]: f"{PLAIN}:Other"})
        self.assertEqual(told[2].rstrip(b"."), b"c*")

    def test_options_are_taken_over(self):
        self.switched(self.app(Middleware(Layer, name="a", level=7)))
        self.change(replace={1: f"{HERE}:Keeps"})
        self.assertEqual(Keeps.given, {"level": 7, "name": "a"})

    def test_a_dispatch_function_is_taken_over(self):
        self.switched(self.app(Middleware(BaseHTTPMiddleware, dispatch=dispatched)))
        told = self.change(replace={1: f"{HERE}:Dispatching"})
        self.assertEqual(told[1][b"x-dispatched"], b"1")
        told = self.change(replace={1: f"{PLAIN}:Other"})
        self.assertEqual((told[2].rstrip(b"."), told[1].get(b"x-dispatched")), (b"*", None))

    def test_layers_around_the_application(self):
        self.switched(closure(Layer(self.app(Middleware(Layer, name="a")), "b")))
        self.assertEqual(self.change(order=[1, 0])[2].rstrip(b"."), b"bfa")
        inside = place(self.found, "ServerErrorMiddleware") + 1
        self.refuse("Layer (application) does not stand in one chain with closure (around the a",
                    order=[inside, 0])  # fmt: skip

    @unittest.skipUnless(importable("fastapi"), "needs fastapi")
    def test_layers_of_fastapi(self):
        from fastapi import FastAPI

        app = FastAPI()
        app.get("/")(lambda: {})
        app.middleware("http")(dispatched)
        app.add_middleware(Layer, name="a")
        app.add_middleware(GZipMiddleware, minimum_size=1)
        self.switched(app)
        gzip, layer = place(self.found, "GZipMiddleware"), place(self.found, "Layer")
        last = place(self.found, "dispatched")
        told = self.change(
            headers=[GZIPPED], order=[last, gzip, layer], replace={layer: f"{HERE}:Keeps"}
        )
        self.assertEqual((told[1][b"x-dispatched"], told[1][b"content-encoding"]), (b"1", b"gzip"))
        self.assertEqual(Keeps.given, {"level": None, "name": "a"})


@unittest.skipUnless(importable("starlette", "slowapi"), "needs slowapi")
class OfSlowApi(Asks, unittest.TestCase):
    def test_the_asgi_twin(self):
        from slowapi import Limiter
        from slowapi.middleware import SlowAPIMiddleware
        from slowapi.util import get_remote_address

        app = Starlette(routes=[Route("/", seen)], middleware=[Middleware(SlowAPIMiddleware)])
        app.state.limiter = Limiter(key_func=get_remote_address, default_limits=["4/hour"])
        found = audit(app, scope_of())
        switch = Switch(found)
        change = Change.made(replace={1: "slowapi.middleware:SlowAPIASGIMiddleware"})
        kinds = []
        for turn in range(6):
            changed = switch.to(change if turn % 2 else Change())
            kinds.append((type(changed.middleware_stack.app).__name__, ask(changed)[0]))
        plain, twin = "SlowAPIMiddleware", "SlowAPIASGIMiddleware"
        self.assertEqual(kinds, [(plain, 200), (twin, 200)] * 2 + [(plain, 429), (twin, 429)])


@unittest.skipUnless(importable("starlette", "starlette_context"), "needs starlette-context")
class OfStarletteContext(Asks, unittest.TestCase):
    def test_the_asgi_twin(self):
        from starlette_context import plugins
        from starlette_context.middleware import ContextMiddleware

        layer = Middleware(ContextMiddleware, plugins=[plugins.RequestIdPlugin()])
        app = Starlette(routes=[Route("/", seen)], middleware=[layer])
        change = Change.made(replace={1: "starlette_context.middleware:RawContextMiddleware"})
        switch = Switch(audit(app, scope_of()))
        for turn in range(4):
            changed = switch.to(change if turn % 2 else Change())
            kind = "RawContextMiddleware" if turn % 2 else "ContextMiddleware"
            self.assertEqual(type(changed.middleware_stack.app).__name__, kind)
            self.assertEqual(len(changed.middleware_stack.app.plugins), 1)
            status, headers, _ = ask(changed)
            self.assertEqual((status, len(headers[b"x-request-id"])), (200, 32))


@unittest.skipUnless(importable("litestar"), "needs litestar")
class OfLitestar(Asks, unittest.TestCase):
    def build(self):
        from litestar import Litestar, Request, Router, get
        from litestar.middleware import DefineMiddleware

        @get("/", middleware=[DefineMiddleware(Second, "c", level=3)])
        async def answer(request: Request) -> str:
            return request.scope.get("seen", "")

        router = Router(
            "/", route_handlers=[answer], middleware=[DefineMiddleware(Layer, name="b")]
        )
        return Litestar([router], middleware=[DefineMiddleware(Layer, name="a")])

    def places(self):
        """Where the layers of the three levels are."""
        names = ("Layer", "Second")
        return [n for n, layer in enumerate(self.found.layers) if layer.name in names]

    def test_layers_of_levels(self):
        self.switched(self.build())
        self.assertEqual(self.whole[2], b"abc")
        first, second, third = self.places()
        self.assertEqual(self.change(order=[third, first, second])[2], b"cab")
        self.assertEqual(self.change(order=[second, first], without=[third])[2], b"ba")
        self.assertEqual(self.change(replace={second: f"{PLAIN}:Other"})[2], b"a*c")
        self.assertEqual(self.change(replace={third: f"{PLAIN}:Configured"})[2], b"abc3")
        self.change(replace={third: f"{HERE}:Keeps"})
        self.assertEqual(Keeps.given, {"level": 3, "name": "c"})
        router = place(self.found, "ASGIRouter")
        self.refuse("ASGIRouter cannot be moved", order=[first, router])

    def test_an_asgi_middleware(self):
        if not importable("litestar.middleware.base") or not hasattr(
            sys.modules["litestar.middleware.base"], "ASGIMiddleware"
        ):
            self.skipTest("needs a newer release")

        class Passes(sys.modules["litestar.middleware.base"].ASGIMiddleware):
            async def handle(self, scope, receive, send, next_app):
                await next_app(dict(scope, seen=scope["seen"] + "p"), receive, send)

        sys.modules[HERE].Passes = Passes
        self.switched(self.build())
        self.assertEqual(self.change(replace={self.places()[2]: f"{HERE}:Passes"})[2], b"abp")


@unittest.skipUnless(importable("lilya.apps"), "needs lilya")
class OfLilya(Asks, unittest.TestCase):
    def test_layers_of_an_application(self):
        from lilya.apps import Lilya
        from lilya.middleware import DefineMiddleware
        from lilya.responses import PlainText
        from lilya.routing import Path as LilyaPath

        async def answer(request):
            return PlainText(request.scope.get("seen", ""))

        layers = [DefineMiddleware(Layer, name=name, level=2) for name in "abc"]
        self.switched(Lilya(routes=[LilyaPath("/", answer)], middleware=layers))
        self.assertEqual(self.whole[2], b"abc")
        places = [n for n, layer in enumerate(self.found.layers) if layer.name == "Layer"]
        self.assertEqual(self.change(order=places[::-1])[2], b"cba")
        told = self.change(
            without=places[:1], order=[places[2], places[1]], replace={places[1]: f"{PLAIN}:Other"}
        )
        self.assertEqual(told[2], b"c*")
        self.change(replace={places[0]: f"{HERE}:Keeps"})
        self.assertEqual(Keeps.given, {"level": 2, "name": "a"})


@unittest.skipUnless(importable("falcon.asgi"), "needs falcon")
class OfFalcon(Asks, unittest.TestCase):
    def test_hooks_can_only_be_taken_out(self):
        import falcon.asgi

        class Hook:
            async def process_request(self, request, response):
                request.context.seen = getattr(request.context, "seen", "") + "h"

        class Resource:
            async def on_get(self, request, response):
                response.text = getattr(request.context, "seen", "")

        app = falcon.asgi.App(middleware=[Hook(), Hook()])
        app.add_route("/", Resource())
        self.switched(closure(Layer(app)))
        self.assertEqual(self.whole[2], b"hh")
        hook = "Hook is a hook of Falcon: only ASGI layers can be"
        self.refuse(f"{hook} replaced", replace={2: f"{PLAIN}:Other"})
        self.refuse(f"{hook} moved", order=[3, 2])
        self.refuse(f"{hook} moved", order=[2, 0])
        self.assertEqual(self.change(without=[3], order=[1, 0])[2], b"h")
        self.assertEqual(self.change(replace={0: f"{PLAIN}:Other"})[2], b"hh")


@unittest.skipUnless(importable("muffin"), "needs muffin")
class OfMuffin(Asks, unittest.TestCase):
    def test_inner_middlewares_can_only_be_taken_out(self):
        import muffin

        app = muffin.Application()

        @app.middleware
        async def inner(handler, request, receive, send):
            return await handler(request, receive, send)

        app.route("/")(lambda request: "hello")
        app.middleware(closure)
        self.switched(app)
        last = len(self.found.layers) - 1
        words = "inner is a middleware of Muffin: only ASGI layers can be replaced"
        self.refuse(words, replace={last: f"{PLAIN}:Other"})


if __name__ == "__main__":
    unittest.main()
