"""Tests of the user's own application as a server gets it; needs no framework."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HARNESS = Path(__file__).resolve().parents[1]

APP = """
class Layer:
    def __init__(self, app, name):
        self.app = app
        self.name = name

    async def __call__(self, scope, receive, send):
        scope["seen"].append(self.name)
        await self.app(scope, receive, send)


class Inner:
    async def answer(self, scope, receive, send):
        scope["seen"].append("inside")


app = Layer(Layer(Inner().answer, "b"), "a")


def make():
    return app
"""
ASK = """
import asyncio, inspect, asgi_toll_serve
seen = []
assert inspect.iscoroutinefunction(asgi_toll_serve.app)
asyncio.run(asgi_toll_serve.app({"type": "http", "seen": seen}, None, None))
print(*seen)
"""
REQUEST = {"type": "http", "method": "GET", "path": "/?page=2", "headers": [["Host", "shop"]]}


class Served(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        Path(self.folder.name, "shop.py").write_text(APP)

    def serve(self, **variables):
        environment = dict(
            os.environ,
            PYTHONPATH=str(HARNESS),
            ASGI_TOLL_APP="shop:app",
            ASGI_TOLL_APP_DIR=self.folder.name,
            ASGI_TOLL_REQUEST=json.dumps(REQUEST),
        )
        return subprocess.run(
            [sys.executable, "-B", "-c", ASK],
            env=dict(environment, **variables), capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    def test_the_layers_that_are_named_are_left_out(self):
        for without, seen in (("", "a b inside"), ("0", "b inside"), ("0,1", "inside"), ("   ", "a b inside")):  # fmt: skip
            done = self.serve(ASGI_TOLL_WITHOUT=without)
            self.assertEqual(done.stdout.strip(), seen, done.stderr)

    def test_an_application_that_a_function_makes_is_served_too(self):
        done = self.serve(
            ASGI_TOLL_APP="shop:make", ASGI_TOLL_APP_FACTORY="1", ASGI_TOLL_WITHOUT="1"
        )
        self.assertEqual(done.stdout.strip(), "a inside", done.stderr)

    def test_what_cannot_be_imported_ends_the_server_with_the_reason(self):
        done = self.serve(ASGI_TOLL_APP="shop:nothing")
        self.assertEqual(done.returncode, 3)
        self.assertIn("has no 'nothing'", done.stderr)


if __name__ == "__main__":
    unittest.main()
