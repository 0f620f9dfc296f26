"""The audit of BlackSheep, Lilya and Muffin."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from test_audit_client import MARKS, Checks, Clock, audit, importable, scope_of  # noqa: E402
from test_audit_starlette import Mark  # noqa: E402


@unittest.skipUnless(importable("blacksheep"), "needs blacksheep")
class OfBlackSheep(Checks, unittest.TestCase):
    def build(self, count=3):
        from blacksheep import Application, Router, json

        router = Router()
        app = Application(router=router)

        async def hello():
            return json({"hello": 1})

        router.add_get("/", hello)

        def add_mark(mark):
            async def add_mark(request, handler):
                response = await handler(request)
                response.add_header(mark, b"1")
                return response

            return add_mark

        for mark in MARKS[:count]:
            app.middlewares.append(add_mark(mark))
        return app

    def test_handlers(self):
        found = self.check_layers(self.build)
        told = [(layer.name, layer.style, layer.by) for layer in found.layers]
        self.assertEqual(told[0], ("Application", "asgi", "framework"))
        self.assertEqual(told[1:], [("add_mark", "nested", "application")] * 3)
        self.assertEqual(self.clock.inside, {0: set(), 1: {0}, 2: {1}, 3: {2}, 4: {3}})

    def test_layers_around_them(self):
        def build():
            app = self.build(0)
            later = self.build(3).middlewares
            for each in list(later)[1:]:
                app.middlewares.append(each)
            return Mark(app, MARKS[0])

        self.check_layers(build)

    def test_an_application_without_layers(self):
        found, clock = audit(self.build(0), scope_of()), Clock()
        self.assertEqual(self.ask(found.shimmed(clock))[0], 200)
        self.assertEqual(sorted(clock.calls), list(range(len(found.layers) + 1)))


@unittest.skipUnless(importable("muffin"), "needs muffin")
class OfMuffin(Checks, unittest.TestCase):
    def build(self):
        from muffin import Application

        app = Application()

        @app.route("/")
        async def hello(request):
            return {"hello": 1}

        def add_mark(mark):
            async def add_mark(handler, request, receive, send):
                response = await handler(request, receive, send)
                response.headers[mark.decode()] = "1"
                return response

            return add_mark

        app.middleware(add_mark(MARKS[1]))
        app.middleware(add_mark(MARKS[2]))
        app.middleware(lambda inner: Mark(inner, MARKS[0]))
        return app

    def test_both_kinds(self):
        found = self.check_layers(self.build)
        self.assertEqual(
            [(layer.name, layer.style) for layer in found.layers],
            [
                ("Mark", "asgi"),
                ("Application", "asgi"),
                ("add_mark", "nested"),
                ("add_mark", "nested"),
            ],
        )
        self.assertEqual(self.clock.inside, {0: set(), 1: {0}, 2: {1}, 3: {2}, 4: {3}})


@unittest.skipUnless(importable("lilya"), "needs lilya")
class OfLilya(Checks, unittest.TestCase):
    def test_layers_of_each_level(self):
        from lilya.apps import Lilya
        from lilya.middleware import DefineMiddleware
        from lilya.responses import JSONResponse
        from lilya.routing import Include, Path

        async def hello(request):
            return JSONResponse({"hello": 1})

        def layer(number):
            return [DefineMiddleware(Mark, mark=MARKS[number])]

        def build():
            path = Path("/x/{item}", hello, middleware=layer(2))
            include = Include("/in", routes=[path], middleware=layer(1))
            return Lilya(routes=[Path("/", hello), include], middleware=layer(0))

        self.path = "/in/x/1"
        found = self.check_layers(build)
        places = [found.layers[index].place for index in self.indices(found)]
        self.assertEqual(places, ["application", "include /in", "include /in, path /x/{item}"])
        names = [layer.name for layer in found.layers]
        self.assertNotIn("ScopeIsolationMiddleware", names)
        own = [layer.name for layer in found.layers if layer.by == "framework"]
        self.assertEqual(own[0], "ServerErrorMiddleware")

    def test_one_path_and_no_layers(self):
        from lilya.apps import Lilya
        from lilya.routing import Path

        found, clock = audit(Lilya(routes=[Path("/", answer)]), scope_of()), Clock()
        self.assertEqual(self.ask(found.shimmed(clock))[0], 200)
        self.assertEqual(sorted(clock.calls), list(range(len(found.layers) + 1)))


async def answer(request):
    return {"hello": 1}


if __name__ == "__main__":
    unittest.main()
