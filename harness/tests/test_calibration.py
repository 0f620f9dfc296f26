"""Layers of known cost or fault do what they are named after.

`python -m unittest discover -s harness/tests`
"""

import asyncio
import statistics
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import asgi_toll_calibration as calibration  # noqa: E402
import asgi_toll_spin  # noqa: E402
from asgi_toll_kinds import ALIKE, LayersDropped, around, expect_layers, shared  # noqa: E402
from asgi_toll_layers import PassLayer, wrap  # noqa: E402
from asgi_toll_plant import SpinPlant, unspun  # noqa: E402

LAYERS = 20
BLOCK_NS = 400_000
BLOCKS = 9
CYCLES = 5
ATTEMPTS = 12
TOLERANCE = 0.03
SHORT_NS = 200
SHORT_TOLERANCE = 0.12
HTTP = {"type": "http"}
ANSWER = [
    {"type": "http.response.start", "status": 200, "headers": []},
    {"type": "http.response.body", "body": b"to", "more_body": True},
    {"type": "http.response.body", "body": b"ll", "more_body": False},
]


async def answering(scope, receive, send):
    """Sends two chunks."""
    for message in ANSWER:
        await send(dict(message))


async def nowhere(message):
    """Takes an answer and forgets it."""


async def block_ns(app, calls):
    """CPU of one call, in nanoseconds."""
    before = time.thread_time_ns()
    for _ in range(calls):
        await app(HTTP, None, nowhere)
    return (time.thread_time_ns() - before) / calls


def spent_ns(loop, spin_ns, layer=calibration.SpinLayer, beside=PassLayer):
    """What a layer spends more than one of `beside`, calibrated now; a median."""
    asgi_toll_spin.forget()
    spinning = wrap(answering, [lambda app: layer(app, spin_ns)] * LAYERS)
    passing = wrap(answering, [beside] * LAYERS)
    calls = max(2, BLOCK_NS // (LAYERS * spin_ns))

    def difference():
        spun = loop.run_until_complete(block_ns(spinning, calls))
        return (spun - loop.run_until_complete(block_ns(passing, calls))) / LAYERS

    difference()
    return statistics.median(difference() for _ in range(BLOCKS))


def spin_error(spin_ns, layers, cycles):
    """How far off the median of many calibrations is in this process."""
    loop = asyncio.new_event_loop()
    median = statistics.median(spent_ns(loop, spin_ns, *layers) for _ in range(cycles))
    loop.close()
    return median / spin_ns - 1


def plant_error():
    """The same of a plant, beside one that spins for no time."""
    return spin_error(SHORT_NS, (SpinPlant, unspun), CYCLES)


def error_elsewhere(call):
    """What `spin_error` says in a process of its own.

    Where a process has its frames in memory makes its loops up to a tenth dearer or cheaper in
    one place than in another, for as long as it lives: another attempt needs another process.
    """
    words = [sys.executable, "-c", f"import test_calibration as test; print(test.{call})"]
    told = subprocess.run(words, cwd=HERE, stdout=subprocess.PIPE, check=True)
    return float(told.stdout)


class Spin(unittest.TestCase):
    def setUp(self):
        self.addCleanup(asgi_toll_spin.forget)

    def expect_within(self, tolerance, call):
        """One attempt says little; a wrong calibration is wrong in each of them."""
        errors = []
        while len(errors) < ATTEMPTS and not any(abs(e) < tolerance for e in errors):
            errors.append(error_elsewhere(call))
        self.assertLess(min(map(abs, errors)), tolerance, errors)

    def test_the_time_that_was_asked_for_is_spent(self):
        for name, (layer, options) in ALIKE.items():
            if layer is not calibration.SpinLayer:
                continue
            with self.subTest(name):
                call = f"spin_error({options['spin_ns']}, (), {CYCLES})"
                self.expect_within(TOLERANCE, call)

    def test_a_plant_spends_it_beside_one_that_spins_for_no_time(self):
        # So little that the loop statement itself, were it counted in, would show.
        self.expect_within(SHORT_TOLERANCE, "plant_error()")

    def test_layers_of_one_process_are_calibrated_once(self):
        layers = shared(lambda layer, **options: layer(None, **options))["spin-1us"](3)
        self.assertEqual(len({layer.loops for layer in layers}), 1)
        self.assertGreater(layers[0].loops, 0)


def told(layer, scope=HTTP, received=(), app=answering):
    """What a layer sends, what it asks for, and how long it takes."""
    sent, left = [], list(received)

    async def receive():
        return left.pop(0)

    async def send(message):
        sent.append(message)

    before = time.perf_counter()
    asyncio.run(layer(app)(scope, receive, send))
    return sent, left, time.perf_counter() - before


def of_kind(name):
    """A function that puts one layer of a kind around an application."""
    layer, options = ALIKE[name]
    return lambda app: layer(app, **options)


class Faults(unittest.TestCase):
    def test_every_layer_hands_lifespan_and_answers_on(self):
        for name in ALIKE:
            for scope in ({"type": "lifespan"}, {"type": "websocket"}, HTTP):
                body = [{"type": "http.request"}]
                with self.subTest(name, scope=scope["type"]):
                    sent, _, _ = told(of_kind(name), scope, body)
                    if (name, scope) == ("buffer", HTTP):
                        whole = {"type": "http.response.body", "body": b"toll"}
                        self.assertEqual(sent[1:], [whole])
                    else:
                        self.assertEqual(sent, ANSWER)

    def test_layers_that_wait_wait(self):
        for name in ("sleep-1ms", "block-1ms"):
            self.assertGreaterEqual(told(of_kind(name))[2], 0.001)

    def test_only_one_of_them_holds_up_the_loop(self):
        async def both(layer):
            before = time.perf_counter()
            calls = [layer(answering)(HTTP, None, nowhere) for _ in range(20)]
            await asyncio.gather(*calls)
            return time.perf_counter() - before

        self.assertGreaterEqual(asyncio.run(both(of_kind("block-1ms"))), 0.020)
        fastest = min(asyncio.run(both(of_kind("sleep-1ms"))) for _ in range(5))
        self.assertLess(fastest, 0.020)

    def test_a_task_of_its_own_and_a_thread_of_its_own(self):
        tasks, threads, before = [], set(), set(threading.enumerate())

        async def app(scope, receive, send):
            tasks.append(asyncio.current_task())
            threads.update(threading.enumerate())

        async def outside(layer):
            await layer(app)(HTTP, None, None)
            return asyncio.current_task()

        self.assertIs(asyncio.run(outside(of_kind("asgi"))), tasks[-1])
        self.assertEqual(threads, before)
        self.assertIsNot(asyncio.run(outside(of_kind("new-task"))), tasks[-1])
        asyncio.run(outside(of_kind("thread-hop")))
        self.assertEqual(len(threads - before), 1)

    def test_the_request_is_read_whole_and_handed_on_once(self):
        pieces = [
            {"type": "http.request", "body": b"to", "more_body": True},
            {"type": "http.request", "body": b"ll"},
            {"type": "http.disconnect"},
        ]
        seen = []

        async def app(scope, receive, send):
            seen.append(len(left))
            seen.extend([await receive(), await receive()])

        left = list(pieces)

        async def receive():
            return left.pop(0)

        asyncio.run(of_kind("buffer-request")(app)(HTTP, receive, None))
        whole = {"type": "http.request", "body": b"toll", "more_body": False}
        self.assertEqual(seen, [1, whole, pieces[2]])


class Drops:
    """A layer that loses what is inside of it."""

    def __init__(self, app):
        pass


class Counting(unittest.TestCase):
    def test_layers_are_counted_where_they_are(self):
        self.assertIsInstance(around(answering, [PassLayer] * 3), PassLayer)
        with self.assertRaisesRegex(LayersDropped, "asked for 3 layers, the application holds 2"):
            around(answering, [PassLayer, Drops, PassLayer])
        with self.assertRaisesRegex(LayersDropped, "asked for 5 layers, the application holds 1"):
            expect_layers(1, 5)


if __name__ == "__main__":
    unittest.main()
