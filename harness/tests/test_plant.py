"""Plants cost what they are said to cost, and are not there unless they are wanted."""

import asyncio
import os
import subprocess
import sys
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import asgi_toll_plant  # noqa: E402
import asgi_toll_stack  # noqa: E402
from asgi_toll_plant import VARIABLE, CallPlant, SpinPlant  # noqa: E402
from driver_client import HARNESS, PING, Tool  # noqa: E402
from interpreters import interpreters  # noqa: E402

PYTHONS = interpreters()
# Not `os.environ` of the tests: a variable of its own must not be in the way.
ABSENT = {key: value for key, value in os.environ.items() if key != VARIABLE}
WEBSOCKET = {"type": "websocket", "path": "/echo", "headers": []}
SOURCE = """
class Inner:
    def __init__(self, app):
        self.app = app
    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)

class Outer(Inner):
    pass

# What is of a subject's own is not told as a layer.
Inner.__module__ = Outer.__module__ = "somewhere.middleware"

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": (await receive())["text"]})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"toll"})

def build(kind, middlewares, workload):
    return Outer(Inner(app))
"""
OWN_CALLS = 3
MALFORMED = (
    "spin", "spin:", "spin:-1", "call:1.5", "call:\u00b2", "call:1000000", "jump:1", "call:1\n",
    " call:1", "spin:1,call:1",
)  # fmt: skip
LAYERS = 20
SPIN_NS = 1000
TOLERANCE = 0.2
CPU_MS = 2
SLICES = 15
ATTEMPTS = 8


def counts(python, plant, sizes, request=PING):
    """The counts of one request for each number of middlewares."""
    with Tool(SOURCE, python=python, **plant) as tool:
        return [counted(tool, middlewares, request) for middlewares in sizes]


def counted(tool, middlewares, request):
    """The counts of one request; none that is of clocks or memory."""
    line, answer = tool.started(request, "on", middlewares=middlewares, counting=True)
    if answer["event"] != "answer":
        raise AssertionError(answer)
    found = line.ask("count")["counts"]
    line.ask("stop")
    line.close()
    return {k: v for k, v in found.items() if k not in ("blocked_ns", "allocated_blocks")}


class Calls(unittest.TestCase):
    def test_each_layer_makes_the_calls_that_were_asked_for_and_no_other(self):
        sizes = (0, 1, 5)
        for version, python in PYTHONS.items():
            none = counts(python, {VARIABLE: "call:0"}, sizes)
            # The layers themselves are calls, too.
            self.assertEqual([c["python_calls"] for c in none], [OWN_CALLS + n for n in sizes])
            for calls in (1, 7):
                with self.subTest(version, calls=calls):
                    some = counts(python, {VARIABLE: f"call:{calls}"}, sizes)
                    for n, few, many in zip(sizes, none, some):
                        more = many.pop("instructions", 0) - few.get("instructions", 0)
                        self.assertEqual(more > 0, n > 0 and "instructions" in few)
                        few = {k: v for k, v in few.items() if k != "instructions"}
                        expected = dict(few, python_calls=few["python_calls"] + calls * n)
                        self.assertEqual(many, expected)

    def test_a_websocket_meets_them_too(self):
        few, many = (
            counts(sys.executable, {VARIABLE: f"call:{n}"}, [5], WEBSOCKET)[0] for n in (0, 2)
        )
        self.assertEqual(many["python_calls"] - few["python_calls"], 10)

    def test_without_the_variable_nothing_is_there(self):
        for plant in ({}, {VARIABLE: ""}):
            told = counts(sys.executable, plant, (0, 5))
            self.assertEqual([c["python_calls"] for c in told], [OWN_CALLS] * 2)

    def test_they_hand_everything_on_and_let_the_lifespan_be(self):
        handed = []

        async def app(*given):
            handed.append(given)

        for kind, expected in (("http", 3), ("websocket", 3), ("lifespan", 0)):
            given = ({"type": kind}, object(), object())
            with self.subTest(kind), mock.patch.object(asgi_toll_plant, "nothing") as nothing:
                for layer in (CallPlant(app, 3), SpinPlant(app, 0)):
                    asyncio.run(layer(*given))
                    self.assertTrue(all(a is b for a, b in zip(handed.pop(), given)))
                self.assertEqual(nothing.call_count, expected)


def difference_ns(python):
    """What a layer that spins costs more in a request, in the least of slices in turn.

    What else runs on the machine takes time from a slice, and gives none.
    """
    plants = ("spin:0", f"spin:{SPIN_NS}")
    tools = [Tool(SOURCE, python=python, **{VARIABLE: plant}) for plant in plants]
    with tools[0], tools[1]:
        for tool in tools:
            stay_on_one_core(tool.process.pid)
        lines = [tool.started(middlewares=LAYERS)[0] for tool in tools]
        for line in lines:
            line.ask("warm_up", wall_ms=20)
        slices = [[request_ns(line) for line in lines] for _ in range(SLICES)]
    less, more = map(min, zip(*slices))
    return (more - less) / LAYERS


def stay_on_one_core(pid):
    """Two cores may differ in speed, as whoever else uses the machine leaves them."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(pid, {max(os.sched_getaffinity(pid))})


def request_ns(line):
    """CPU of one request in one slice, in nanoseconds."""
    told = line.ask("slice", cpu_ms=CPU_MS)
    return told["thread_cpu_ns"] / told["requests"]


class Spin(unittest.TestCase):
    def test_a_layer_spends_the_time_that_was_asked_for(self):
        for version, python in PYTHONS.items():
            with self.subTest(version):
                # Where the machine changes its speed between calibrating and measuring,
                # one attempt says little; a wrong calibration is wrong in each of them.
                found = []
                while len(found) < ATTEMPTS and not any(map(self.close, found)):
                    found.append(difference_ns(python))
                self.assertTrue(any(map(self.close, found)), found)

    def close(self, found_ns):
        """Whether it is about what was asked for."""
        return abs(found_ns / SPIN_NS - 1) < TOLERANCE

    def test_nothing_is_tried_out_where_nothing_is_to_be_spent(self):
        subject = types.SimpleNamespace(build=lambda *_: "app")
        for plant, middlewares in (("spin:0", 3), ("spin:1000", 0), ("call:5", 3)):
            with self.subTest(plant), mock.patch.dict(os.environ, {VARIABLE: plant}):
                with mock.patch.object(asgi_toll_plant, "loops_for", side_effect=AssertionError):
                    asgi_toll_plant.build(subject, "native", middlewares, "ping")

    def test_layers_are_calibrated_when_they_are_built_and_all_alike(self):
        layers = [asgi_toll_plant.planted("spin:200")(None) for _ in range(3)]
        self.assertEqual(len({layer.loops for layer in layers}), 1)
        self.assertGreater(layers[0].loops, 0)


class Built(unittest.TestCase):
    def build(self, middlewares, environment):
        """An application and what is built of it with these variables."""
        app = object()
        subject = types.SimpleNamespace(build=lambda *_: app)
        with mock.patch.dict(os.environ, environment, clear=True):
            return app, asgi_toll_plant.build(subject, "native", middlewares, "ping")

    def test_the_application_is_itself_without_the_variable_or_without_layers(self):
        for middlewares, environment in ((3, ABSENT), (0, {VARIABLE: "call:1"})):
            app, built = self.build(middlewares, environment)
            self.assertIs(built, app)

    def test_there_are_as_many_as_middlewares_and_they_are_outermost(self):
        app, built = self.build(2, {VARIABLE: "call:4"})
        self.assertEqual((type(built), built.calls), (CallPlant, 4))
        self.assertEqual(type(built.app), CallPlant)
        self.assertIs(built.app.app, app)
        self.assertIs(asgi_toll_plant.inside(built), app)

    def test_they_are_no_layers_of_the_application(self):
        self.assertIsNone(asgi_toll_stack.class_name(CallPlant(None, 0)))
        self.assertIsNone(asgi_toll_stack.class_name(SpinPlant(None, 0)))
        for plant in ({}, {VARIABLE: "call:1"}, {VARIABLE: "spin:0"}):
            with self.subTest(plant), Tool(SOURCE, **plant) as tool:
                line, answer = tool.started(middlewares=3)
                self.assertEqual(answer["event"], "answer", answer)
                # The outermost is what was built: it counts as the application.
                self.assertEqual(line.ask("stack")["layers"], ["somewhere.middleware.Inner"])


def serve(plant, middlewares="2"):
    """What a server is pointed at, from the outside to the inside; printed by a new process."""
    show = (
        "import asgi_toll_serve\napp = asgi_toll_serve.app\n"
        "while app is not None:\n"
        "    print(type(app).__name__)\n    app = getattr(app, 'app', None)"
    )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "app.py").write_text(SOURCE)
        environment = dict(
            ABSENT, PYTHONPATH=str(HARNESS), ASGI_TOLL_SUBJECT=folder, ASGI_TOLL_KIND="native",
            NUM_MIDDLEWARES=middlewares, **plant,
        )  # fmt: skip
        return subprocess.run(
            [sys.executable, "-c", show], env=environment, capture_output=True, text=True,
            timeout=60,
        )  # fmt: skip


class Served(unittest.TestCase):
    def test_a_real_server_gets_them_too(self):
        subject = ["Outer", "Inner", "function"]
        for plant, layers in (
            ({}, []),
            ({VARIABLE: "call:1"}, ["CallPlant"] * 2),
            ({VARIABLE: "spin:100"}, ["SpinPlant"] * 2),
        ):
            with self.subTest(plant):
                done = serve(plant)
                self.assertEqual(done.stdout.split(), layers + subject, done.stderr)


class Malformed(unittest.TestCase):
    def test_it_is_said_what_is_allowed(self):
        for text in MALFORMED:
            with self.subTest(text), self.assertRaises(ValueError) as raised:
                asgi_toll_plant.planted(text)
            self.assertIn(VARIABLE, str(raised.exception))
            self.assertIn("spin:NS or call:K", str(raised.exception))
            self.assertIn(repr(text), str(raised.exception))

    def test_the_driver_tells_it_like_whatever_cannot_be_built(self):
        with Tool(SOURCE, **{VARIABLE: "spin:fast"}) as tool:
            for middlewares in (0, 2):
                _, answer = tool.started(middlewares=middlewares)
                self.assertEqual(answer.get("code"), "not-built", answer)
                self.assertIn(f"ValueError: environment variable {VARIABLE}", answer["message"])
                self.assertIn("'spin:fast'", answer["message"])

    def test_a_server_ends_with_it(self):
        done = serve({VARIABLE: "spin:fast"})
        self.assertEqual(done.returncode, 3)
        self.assertIn(f"ValueError: environment variable {VARIABLE}", done.stderr.splitlines()[-1])


if __name__ == "__main__":
    unittest.main()
