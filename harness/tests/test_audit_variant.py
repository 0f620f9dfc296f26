"""Variants that do not answer are answers, and leave the process usable."""

import asyncio
import contextlib
import os
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from driver_client import PING  # noqa: E402
from test_audit_change import Layer, seen  # noqa: E402
from test_audit_client import importable  # noqa: E402

from asgi_toll_alarm import TimedOut, alarm  # noqa: E402
from asgi_toll_audit_attempt import patience_of  # noqa: E402
from asgi_toll_audit_cell import AuditCell  # noqa: E402
from asgi_toll_cell import obey  # noqa: E402
from asgi_toll_failure import Failure  # noqa: E402

HERE = __name__
TIMEOUT_S = 0.9
# Where the machine has other work; what never ends would take much longer.
LONG_S = 20
LOOPS = ["asyncio", *(["uvloop"] if importable("uvloop") else [])]


class Inside(Layer):
    """Ends in its own way."""

    def __init__(self, app):
        super().__init__(app, "i")


class Waits(Inside):
    async def __call__(self, scope, receive, send):
        await asyncio.Event().wait()


class WaitsForAnother(Inside):
    """Waits for tasks of its own, one of which is stubborn."""

    async def __call__(self, scope, receive, send):
        async def stubborn():
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                await asyncio.sleep(60)

        await asyncio.gather(stubborn(), asyncio.sleep(60))


class WaitsForAThread(Inside):
    async def __call__(self, scope, receive, send):
        over = threading.Event()
        try:
            await asyncio.get_running_loop().run_in_executor(None, over.wait)
        finally:
            over.set()


class Blocks(Inside):
    async def __call__(self, scope, receive, send):
        while True:
            pass


class BlocksInATask(Inside):
    async def __call__(self, scope, receive, send):
        async def block():
            time.sleep(60)

        await asyncio.gather(block(), asyncio.sleep(60))


class BlocksWhenBuilt(Inside):
    def __init__(self, app):
        time.sleep(60)


class Exits(Inside):
    async def __call__(self, scope, receive, send):
        sys.exit("no licence")


class ExitsInATask(Inside):
    async def __call__(self, scope, receive, send):
        async def leave():
            raise SystemExit(3)

        await asyncio.gather(leave(), asyncio.sleep(60))


class ExitsWhenBuilt(Inside):
    def __init__(self, app):
        raise SystemExit("no licence")


class Interrupts(Inside):
    async def __call__(self, scope, receive, send):
        raise KeyboardInterrupt


class OfItsOwn(BaseException):
    pass


class RaisesItsOwn(Inside):
    async def __call__(self, scope, receive, send):
        raise OfItsOwn("strange")


class Raises(Inside):
    async def __call__(self, scope, receive, send):
        raise ValueError("no such plugin")


class Cancels(Inside):
    async def __call__(self, scope, receive, send):
        raise asyncio.CancelledError


class SaysNothing(Inside):
    async def __call__(self, scope, receive, send):
        pass


class Shouts(Inside):
    """Changes the body, not its length."""

    async def __call__(self, scope, receive, send):
        async def shout(message):
            if "body" in message:
                message = dict(message, body=message["body"].upper())
            await send(message)

        await self.app(scope, receive, shout)


HANGING = ("Waits", "WaitsForAnother", "WaitsForAThread", "Blocks", "BlocksInATask")
ENDS = {
    "Exits": ("app-exited", "SystemExit: no licence"),
    "ExitsInATask": ("app-exited", "SystemExit: 3"),
    "ExitsWhenBuilt": ("app-exited", "SystemExit: no licence"),
    "Interrupts": ("app-exited", "KeyboardInterrupt"),
    "RaisesItsOwn": ("app-raised", "OfItsOwn: strange"),
    "Raises": ("app-raised", "ValueError: no such plugin"),
    "Cancels": ("app-raised", "CancelledError"),
    "SaysNothing": ("no-answer", "the application returned before the answer was complete"),
    "NoSuchClass": ("replacement-attribute", f"module '{HERE}' has no 'NoSuchClass'"),
}


def build():
    async def app(scope, receive, send):
        await seen(scope, receive, send)

    for name in reversed("abc"):
        app = Layer(app, name)
    return app


@contextlib.contextmanager
def cell(loop="asyncio", make=build, **order):
    """A cell that has started."""
    made = AuditCell(make, order, loop)
    try:
        started = obey(made, {"do": "start", "request": PING, "lifespan": "auto"})
        assert started["event"] == "answer", started
        yield made
        obey(made, {"do": "stop"})
    finally:
        asyncio.set_event_loop(None)
        made.loop.close()


def variant(made, number=1, **change):
    """The event that answers an order for a variant, as JSON brought it."""
    return obey(made, dict(change, do="variant", variant=number, timeout_s=TIMEOUT_S))


class Answers(unittest.TestCase):
    def test_what_is_told_of_an_answer(self):
        with cell() as made:
            for number, (change, size, same) in enumerate(
                (
                    ({}, 3, True),
                    ({"without": [1]}, 2, False),
                    ({"without": [], "order": [1, 0]}, 3, False),
                    ({"replace": {"1": f"{HERE}:Shouts"}}, 2, False),
                    ({"replace": {"0": f"{HERE}:Inside"}, "order": [2, 0, 1]}, 3, False),
                )
            ):
                told = variant(made, number, **change)
                expected = {"event": "variant", "answered": True, "status": 200}
                self.assertEqual(told, dict(expected, body_bytes=size, body_same=same), change)

    def test_variants_are_measured_in_turns(self):
        with cell() as made:
            variant(made, 1, order=[2, 1, 0])
            variant(made, 2, replace={"1": f"{HERE}:Inside"})
            for number in (1, 2, 0, 2, 1, 0):
                for order in ({"do": "warm_up", "wall_ms": 2}, {"do": "slice", "cpu_ms": 1}):
                    told = obey(made, dict(order, variant=number))
                    self.assertEqual(told.get("wrong", 0), 0)
                names = {0: "abc", 1: "cba", 2: "aic"}
                self.assertEqual(made.direct.app.name, names[number][0])

    def test_a_cell_may_be_changed_from_the_beginning(self):
        with cell(replace={"1": f"{HERE}:Inside"}, order=[2, 1, 0]) as made:
            self.assertEqual(made.first_body, b"cia")
            told = variant(made)
            self.assertEqual((told["body_bytes"], "body_same" in told), (3, False))
            self.assertEqual(told["answered"], True)
            obey(made, {"do": "slice", "cpu_ms": 1})
            self.assertEqual(made.direct.app.name, "c")

    def test_a_cell_that_cannot_be_changed_so_fails(self):
        with self.assertRaises(Failure) as caught, cell(order=[0, 7]):
            pass
        self.assertIn("there is no layer at place 7", caught.exception.message)


class NoAnswers(unittest.TestCase):
    def check_usable(self, made, layers=(0, 1, 2)):
        """The whole and variants are as they were, and no task is left."""
        self.assertEqual(variant(made, 0)["body_same"], True)
        told = variant(made, 9, without=layers)
        self.assertEqual((told["answered"], told["body_bytes"]), (True, 0))
        obey(made, {"do": "slice", "cpu_ms": 1, "variant": 9})
        self.assertEqual(obey(made, {"do": "slice", "cpu_ms": 1, "variant": 0})["wrong"], 0)

    def tasks(self, made):
        return asyncio.all_tasks(made.loop)

    def test_whatever_ends_it(self):
        for loop in LOOPS:
            with cell(loop) as made:
                tasks = self.tasks(made)
                for name, (code, message) in ENDS.items():
                    with self.subTest(name, loop=loop):
                        told = variant(made, replace={"1": f"{HERE}:{name}"})
                        self.assertEqual((told["event"], told["answered"]), ("variant", False))
                        self.assertEqual((told["code"], told["message"]), (code, message))
                        self.assertEqual(self.tasks(made), tasks)
                        self.check_usable(made)

    def test_what_never_ends(self):
        for loop in LOOPS:
            with cell(loop) as made:
                for name in (*HANGING, "BlocksWhenBuilt"):
                    with self.subTest(name, loop=loop):
                        begun = time.monotonic()
                        told = variant(made, replace={"1": f"{HERE}:{name}"})
                        self.assertLess(time.monotonic() - begun, LONG_S)
                        self.assertEqual((told["event"], told["answered"]), ("variant", False))
                        self.assertEqual(told["message"], "no answer after 0.3 s")
                        self.assertEqual(told["code"], "timed-out")
                        self.assertIn("test_audit_variant", "".join(told["traceback"]))
                        self.check_usable(made)

    def test_tasks_that_are_left_are_ended(self):
        with cell() as made:
            tasks = self.tasks(made)
            for name in ("Waits", "WaitsForAnother", "BlocksInATask", "ExitsInATask"):
                variant(made, replace={"1": f"{HERE}:{name}"})
                self.assertEqual(self.tasks(made), tasks, name)

    @unittest.skipUnless(importable("starlette"), "needs starlette")
    def test_a_layer_that_waits_for_a_task_of_its_own(self):
        from starlette.middleware.base import BaseHTTPMiddleware

        async def passing(request, call_next):
            return await call_next(request)

        def starlette():
            return BaseHTTPMiddleware(build(), dispatch=passing)

        for name in (*HANGING, "Exits", "Interrupts", "RaisesItsOwn"):
            with self.subTest(name), cell(make=starlette) as made:
                told = variant(made, replace={"2": f"{HERE}:{name}"})
                self.assertEqual(told["answered"], False)
                self.check_usable(made, layers=(0, 1, 2, 3))

    @unittest.skipUnless(importable("blacksheep"), "needs blacksheep")
    def test_layers_that_are_read_at_start_cannot_be_switched(self):
        from blacksheep import Application, text

        def blacksheep():
            app = Application()

            async def layer(request, handler):
                return await handler(request)

            app.middlewares.append(layer)
            app.router.add_get("/_ping", lambda request: text("hello"))
            return app

        with cell(make=blacksheep) as made:
            told = variant(made, without=[1])
            self.assertEqual(told["answered"], False)
            self.assertIn("BlackSheep looks at its layers only when it starts", told["message"])
            self.assertEqual(obey(made, {"do": "slice", "cpu_ms": 1})["wrong"], 0)


class Alarms(unittest.TestCase):
    def test_patience_is_well_below_the_deadline(self):
        self.assertEqual([patience_of(s) for s in (3, 15, 60)], [1, 5, 5])

    def test_the_outer_alarm_goes_on_after_the_inner(self):
        begun = time.monotonic()
        with self.assertRaises(TimedOut) as caught, alarm(0.3):
            with self.assertRaises(TimedOut) as inner, alarm(0.1):
                time.sleep(5)
            self.assertEqual(str(inner.exception), "no end after 0.1 s")
            time.sleep(5)
        self.assertEqual(str(caught.exception), "no end after 0.3 s")
        self.assertLess(time.monotonic() - begun, LONG_S)

    def test_an_outer_alarm_that_is_due_rings_after_the_inner(self):
        with self.assertRaises(TimedOut) as caught, alarm(0.05):
            with alarm(5):
                time.sleep(0.1)
            time.sleep(5)
        self.assertEqual(str(caught.exception), "no end after 0.05 s")

    def test_no_alarm_rings_later(self):
        with alarm(0.05), alarm(5):
            os.getpid()
        time.sleep(0.1)


if __name__ == "__main__":
    unittest.main()
