"""The audit of frameworks whose middlewares are hooks: Falcon, Quart, Sanic."""

import itertools
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from test_audit_client import MARKS, Checks, importable  # noqa: E402
from test_audit_starlette import Mark  # noqa: E402

numbers = itertools.count()


class FalconMark:
    def __init__(self, mark):
        self.mark = mark
        self.level = 5

    async def process_request(self, req, resp):
        req.context.seen = True

    async def process_response(self, req, resp, resource, req_succeeded):
        resp.set_header(self.mark.decode(), "1")


@unittest.skipUnless(importable("falcon"), "needs falcon")
class OfFalcon(Checks, unittest.TestCase):
    def build(self, **options):
        import falcon.asgi

        class Hello:
            async def on_get(self, req, resp):
                resp.media = {"hello": 1}

        layers = [FalconMark(mark) for mark in MARKS]
        app = falcon.asgi.App(middleware=layers, **options)
        app.add_route("/", Hello())
        return app

    def test_components(self):
        found = self.check_layers(self.build)
        self.assertEqual({layer.style for layer in found.layers}, {"hook"})
        self.assertEqual(found.layers[0].options, {"level": 5})
        self.assertEqual(self.clock.calls, {0: 2, 1: 2, 2: 2, 3: 1})
        self.assertEqual(self.clock.inside, {0: {3}, 1: {3}, 2: {3}, 3: set()})

    def test_components_that_depend_on_each_other(self):
        self.check_layers(lambda: self.build(independent_middleware=False))

    def test_layers_around_them(self):
        def build():
            app = self.build()
            app._unprepared_middleware.clear()
            app.add_middleware([FalconMark(MARKS[1]), FalconMark(MARKS[2])])
            return Mark(app, MARKS[0])

        found = self.check_layers(build)
        self.assertEqual([layer.style for layer in found.layers], ["asgi", "hook", "hook"])


@unittest.skipUnless(importable("quart"), "needs quart")
class OfQuart(Checks, unittest.TestCase):
    def build(self):
        from quart import Blueprint, Quart

        app = Quart(__name__)
        blueprint = Blueprint("part", __name__)

        @blueprint.route("/")
        async def hello():
            return {"hello": 1}

        def mark_response(mark):
            async def add_mark(response):
                response.headers[mark.decode()] = "1"
                return response

            return add_mark

        app.after_request(mark_response(MARKS[2]))
        blueprint.after_request(mark_response(MARKS[1]))
        app.register_blueprint(blueprint)
        app.asgi_app = Mark(app.asgi_app, MARKS[0])
        return app

    def test_wrappers_and_hooks(self):
        found = self.check_layers(self.build)
        told = [(layer.style, layer.place) for layer in found.layers]
        self.assertEqual(
            told,
            [
                ("asgi", "application"),
                ("hook", "blueprint part, after_request"),
                ("hook", "application, after_request"),
            ],
        )
        self.assertEqual(self.clock.inside[3], {0})

    def test_functions_before_requests(self):
        def build():
            app = self.build()

            async def look():
                pass

            def look_too():
                pass

            app.before_request(look)
            app.before_request(look_too)
            return app

        found = self.audited(build)
        names = [layer.name for layer in found.layers]
        self.assertEqual(names, ["Mark", "look", "look_too", "add_mark", "add_mark"])
        self.check_shims(build, self.ask(build())[1], b'{"hello":1}\n')
        self.assertEqual(self.ask(self.audited(build).without({1, 2}))[0], 200)


@unittest.skipUnless(importable("sanic"), "needs sanic")
class OfSanic(Checks, unittest.TestCase):
    def build(self):
        import sanic
        from sanic.response import json

        app = sanic.Sanic(f"audited_{next(numbers)}")
        app.config.TOUCHUP = False  # it rewrites classes, once a process
        app.config.ACCESS_LOG = app.config.MOTD = False
        blueprint = sanic.Blueprint(f"part_{next(numbers)}")

        @blueprint.route("/items/<item:int>")
        async def hello(request, item):
            return json({"item": item})

        def mark_response(mark):
            async def add_mark(request, response):
                response.headers[mark.decode()] = "1"

            return add_mark

        def mark_at_once(request, response):
            response.headers[MARKS[1].decode()] = "1"

        app.on_response(mark_response(MARKS[2]), priority=1)
        app.on_response(mark_at_once, priority=3)
        blueprint.on_response(mark_response(MARKS[0]))
        app.blueprint(blueprint)
        return app

    def test_functions_on_responses(self):
        self.path = "/items/3"
        found = self.audited(self.build)
        names = [layer.name for layer in found.layers]
        self.assertEqual(names, ["add_mark", "add_mark", "mark_at_once"])
        self.assertIn("route audited_", found.layers[0].place)
        _, headers, body = self.ask(self.build())
        for index, mark in enumerate((MARKS[0], MARKS[2], MARKS[1])):
            left = [each for each in MARKS if each != mark]
            self.check_left(self.build, {index}, left, body)
        self.check_left(self.build, {0, 1, 2}, [], body)
        self.check_shims(self.build, headers, body)

    def test_functions_on_requests_run_by_priority(self):
        def build():
            app = self.build()

            def first(request):
                pass

            async def second(request):
                pass

            app.on_request(second)
            app.on_request(first, priority=9)
            return app

        self.path = "/items/3"
        found = self.audited(build)
        self.assertEqual([layer.name for layer in found.layers][:2], ["first", "second"])
        self.assertTrue(found.layers[0].place.endswith(", request"))
        _, headers, body = self.ask(build())
        self.check_shims(build, headers, body)

    def test_layers_around_them(self):
        self.path = "/items/3"
        found = self.audited(lambda: Mark(self.build(), b"x-outer"))
        self.assertEqual([layer.style for layer in found.layers], ["asgi", "hook", "hook", "hook"])


if __name__ == "__main__":
    unittest.main()
