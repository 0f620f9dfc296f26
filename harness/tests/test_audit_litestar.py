"""The audit of Litestar applications."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from test_audit_client import MARKS, Checks, audit, importable, scope_of  # noqa: E402
from test_audit_starlette import Mark  # noqa: E402

if importable("litestar"):
    from litestar import Controller, Litestar, Router, get
    from litestar.config.compression import CompressionConfig
    from litestar.config.cors import CORSConfig
    from litestar.middleware import DefineMiddleware

    try:
        from litestar.middleware import ASGIMiddleware
    except ImportError:  # before 2.15
        ASGIMiddleware = None


def define(mark):
    return DefineMiddleware(Mark, mark=mark, level=5)


def asgi_middleware(mark):
    class Passing(ASGIMiddleware):
        async def handle(self, scope, receive, send, next_app):
            await Mark(next_app, mark)(scope, receive, send)

    return Passing()


@unittest.skipUnless(importable("litestar"), "needs litestar")
class OfLitestar(Checks, unittest.TestCase):
    def test_layers_of_an_application(self):
        def build():
            @get("/")
            async def hello() -> dict:
                return {"hello": 1}

            return Litestar([hello], middleware=[define(mark) for mark in MARKS])

        found = self.check_layers(build)
        ours = self.indices(found)
        self.assertEqual(found.layers[ours[0]].options, {"level": 5})
        self.assertEqual({found.layers[index].place for index in ours}, {"application"})
        self.assertIn("ASGIRouter", [layer.name for layer in found.layers])

    def test_layers_of_each_level(self):
        def build():
            @get("/{item:int}")
            async def item(self, item: int) -> dict:
                return {"item": item}

            class Items(Controller):
                path = "/items"
                middleware = [define(MARKS[2])]
                get_item = item

            router = Router("/api", route_handlers=[Items], middleware=[define(MARKS[1])])
            return Litestar([router], middleware=[define(MARKS[0])])

        self.path = "/api/items/3"  # Litestar makes a router of a controller
        found = self.check_layers(build)
        places = [found.layers[index].place for index in self.indices(found)]
        self.assertEqual(places, ["application", "router /api", "router /items"])

    def test_layers_of_a_handler_and_of_options(self):
        def build():
            @get("/", middleware=[define(MARKS[0])])
            async def hello() -> dict:
                return {"hello": 1}

            options = {"compression_config": CompressionConfig(backend="gzip")}
            return Litestar([hello], cors_config=CORSConfig(), **options)

        found = audit(build(), scope_of())
        told = [(layer.name, layer.place) for layer in found.layers if layer.by == "application"]
        self.assertEqual(told[0], ("CORSMiddleware", "application"))
        self.assertEqual(told[1][0], "Mark")
        self.assertTrue(told[1][1].startswith("handler "), told)
        self.assertEqual(told[2][0], "CompressionMiddleware")

    @unittest.skipUnless(importable("litestar") and ASGIMiddleware, "needs 2.15")
    def test_layers_that_are_instances(self):
        def build():
            @get("/")
            async def hello() -> dict:
                return {"hello": 1}

            return Litestar([hello], middleware=[asgi_middleware(mark) for mark in MARKS])

        found = self.check_layers(build)
        self.assertEqual([found.layers[i].name for i in self.indices(found)], ["Passing"] * 3)

    def test_a_path_without_a_handler(self):
        names = [layer.name for layer in audit(Litestar(), scope_of("/none")).layers]
        self.assertEqual(names, ["ExceptionHandlerMiddleware"])


if __name__ == "__main__":
    unittest.main()
