"""The driver's protocol, with good applications and with bad ones."""

import base64
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from driver_client import PING, Tool  # noqa: E402

GOOD = """
import asyncio

def build(kind, middlewares, workload):
    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            scope["state"]["seen"] = "at start-up"
            await send({"type": "lifespan.startup.complete"})
            await receive()
            print("shut down")
            await send({"type": "lifespan.shutdown.complete"})
            return
        if scope["type"] == "websocket":
            assert (await receive())["type"] == "websocket.connect"
            await send({"type": "websocket.accept", "headers": [(b"a", b"b")]})
            while (message := await receive())["type"] == "websocket.receive":
                await send({"type": "websocket.send", "text": message["text"]})
            assert message["type"] == "websocket.disconnect", message
            return
        body, pieces, more = b"", 0, True
        while more:
            message = await receive()
            body, pieces, more = body + message["body"], pieces + 1, message["more_body"]
        told = "%s %s %d %d %s %s %s" % (
            scope["path"], scope["query_string"].decode(), pieces, len(body), middlewares,
            scope.get("state", {}).get("seen"), [name for name, _ in scope["headers"]],
        )
        print("asked")
        await send({"type": "http.response.start", "status": 201, "headers": [(b"x-a", b"1")]})
        await send({"type": "http.response.body", "body": told.encode(), "more_body": True})
        await send({"type": "http.response.body"})
        assert (await receive())["type"] == "http.disconnect"
    return app
"""

# A body for `async def app(scope, receive, send)`, its failure's code, words from the message.
START = 'await send({"type": "http.response.start", "status": 200, "headers": []})'
BODY = 'await send({"type": "http.response.body", "body": b"x"})'
BAD = {
    "raises": ("raise KeyError('lost')", "app-raised", "KeyError: 'lost'"),
    "raises in the middle": (f"{START}; raise KeyError('lost')", "app-raised", "KeyError"),
    "is cancelled": ("raise asyncio.CancelledError", "app-raised", "CancelledError"),
    "returns at once": ("pass", "no-answer", "before the answer"),
    "answers half": (START, "no-answer", "within the answer"),
    "never answers": ("await asyncio.Event().wait()", "timed-out", "no end after 0.4 s"),
    "blocks": ("time.sleep(10)", "timed-out", "no end after 0.4 s"),
    "spins": ("while True: pass", "timed-out", "no end after 0.4 s"),
    "blocks in a callback": (
        "asyncio.get_running_loop().call_soon(time.sleep, 10); await asyncio.sleep(20)",
        "timed-out", "no end",
    ),
    "swallows the first alarm": (
        "\n        try:\n            time.sleep(10)\n        except BaseException:\n"
        "            time.sleep(10)",
        "timed-out", "no end",
    ),
    "body before start": (BODY, "wrong-protocol", "'http.response.body' before the answer"),
    "starts twice": (f"{START}; {START}", "wrong-protocol", "within the answer"),
    "answers twice": (f"{START}; {BODY}; {BODY}", "wrong-protocol", "after a whole answer"),
    "hides its fault": (
        f"\n        try:\n            {BODY}\n        except RuntimeError:\n"
        f"            {START}\n            {BODY}",
        "wrong-protocol", "before the answer",
    ),
    "has no headers": (
        f"{START.replace('[]', '[1]')}; {BODY}", "wrong-protocol", "headers are no pairs",
    ),
    "sends nonsense": ('await send({"type": "http.nonsense"})', "wrong-protocol", "http.nonsense"),
    "exits": ("sys.exit(4)", "app-exited", "SystemExit: 4"),
    "interrupts": ("raise KeyboardInterrupt", "app-exited", "KeyboardInterrupt"),
}  # fmt: skip


def app_that(body, before=""):
    """A subject whose application does `body` with http requests."""
    return f"""
import asyncio, os, sys, threading, time
{before}
def build(kind, middlewares, workload):
    async def app(scope, receive, send):
        {body}
    return app
"""


def body_of(answer):
    """The body of an `answer`, as text."""
    return base64.b64decode(answer["body_base64"]).decode()


class Orders(unittest.TestCase):
    def test_a_cell_from_its_first_order_to_its_last(self):
        with Tool(GOOD, PYTHONHASHSEED="0") as tool:
            self.assertEqual(tool.ready["event"], "ready")
            self.assertEqual(tool.ready["python"], "%d.%d.%d" % sys.version_info[:3])
            self.assertIn("python_calls", tool.ready["counts"])
            line, event = tool.cell(5)
            self.assertEqual(
                event, {"event": "cell", "middlewares": 5, "seams": False, "pid": event["pid"]}
            )
            self.assertNotEqual(event["pid"], tool.process.pid)
            body = base64.b64encode(b"x" * 1000).decode()
            request = dict(PING, method="POST", path="/p%20q?a=b", body_base64=body, pieces=3)
            answer = line.ask("start", request=request, lifespan="on")
            self.assertEqual(answer["event"], "answer", answer)
            self.assertEqual(answer["status"], 201)
            self.assertEqual(answer["headers"], [["x-a", "1"]])
            told = "/p q a=b 3 1000 5 at start-up [b'host', b'content-length']"
            self.assertEqual(body_of(answer), told)
            self.assertGreater(line.ask("warm_up", wall_ms=5)["requests"], 1)
            self.check_slice(line.ask("slice", cpu_ms=2))
            self.check_driver(line.ask("driver", cpu_ms=2))
            self.assertEqual(line.ask("stack"), {"event": "stack", "layers": []})
            self.assertEqual(line.ask("stop"), {"event": "stopped"})
            self.assertIsNone(line.hear())
            # Printing disturbs nothing, and ends up in the log.
            self.assertIn("shut down", tool.said())

    def check_slice(self, told):
        self.assertEqual(told.pop("event"), "slice")
        self.assertEqual(told["wrong"], 0)
        self.assertGreater(told["requests"], 1)
        self.assertTrue(0 < told["thread_cpu_ns"] <= told["wall_ns"] * 1.1, told)
        self.assertEqual(set(told), {"requests", "wrong", "wall_ns", "cpu_ns", "thread_cpu_ns"})

    def check_driver(self, told):
        self.assertEqual(told["event"], "driver")
        self.assertEqual(told["reference_layers"], 20)
        bare = told["cpu_ns"] / told["requests"]
        layered = told["reference_cpu_ns"] / told["reference_requests"]
        self.assertLess(bare * 2, layered)

    def test_a_websocket_is_opened_and_echoed(self):
        with Tool(GOOD) as tool:
            request = {"type": "websocket", "path": "/echo", "headers": []}
            line, answer = tool.started(request)
            self.assertEqual((answer["status"], body_of(answer)), (101, "toll"), answer)
            self.assertEqual(answer["headers"], [["a", "b"]])
            self.assertEqual(line.ask("slice", cpu_ms=1)["wrong"], 0)
            self.assertGreater(line.ask("driver", cpu_ms=1)["requests"], 0)

    def test_cells_are_apart_and_end_when_the_tool_hangs_up(self):
        with Tool(GOOD) as tool:
            first, _ = tool.started(middlewares=1)
            second, answer = tool.started(middlewares=2)
            self.assertIn(" 2 None ", body_of(answer))
            first.close()
            self.assertEqual(second.ask("slice", cpu_ms=1)["event"], "slice")
            tool.parent.close()
            self.assertEqual(tool.process.wait(10), 0)

    def test_wrong_orders_are_told(self):
        orders = ({"do": "dance"}, {"do": "slice", "cpu_ms": 1}, {"do": "start"})
        codes = ("bad-order", "bad-order", "driver-failed")
        with Tool(GOOD) as tool:
            for order, code in zip(orders, codes):
                with self.subTest(order):
                    line, _ = tool.cell()
                    line.tell(**order)
                    self.assertEqual(line.hear()["code"], code)
            line, _ = tool.started()
            self.assertEqual(line.ask("count")["code"], "bad-order")

    def test_wrong_answers_are_counted(self):
        source = app_that(
            f"N.append(1); {START.replace('200', '200 + len(N) % 2')}; {BODY}", "N = []"
        )
        with Tool(source) as tool:
            line, answer = tool.started()
            self.assertEqual(answer["status"], 201)
            line.ask("warm_up", wall_ms=2)
            told = line.ask("slice", cpu_ms=1)
            self.assertIn(told["wrong"], (told["requests"] // 2, (told["requests"] + 1) // 2))

    def test_slices_of_what_sleeps_end_by_the_wall_clock(self):
        with Tool(app_that(f"await asyncio.sleep(0.005); {START}; {BODY}")) as tool:
            line, _ = tool.started()
            line.ask("warm_up", wall_ms=20)
            self.assertLess(line.ask("slice", cpu_ms=5)["wall_ns"], 60e6)

    def test_an_error_after_a_whole_answer_is_no_failure(self):
        with Tool(app_that(f"{START}; {BODY}; raise RuntimeError('late')")) as tool:
            line, answer = tool.started()
            self.assertEqual(answer["status"], 200)
            self.assertEqual(line.ask("slice", cpu_ms=1)["event"], "slice")


class BadApps(unittest.TestCase):
    def test_what_cannot_be_imported_or_built(self):
        with Tool("import nothing_of_that_name") as tool:
            self.assertEqual(tool.ready["code"], "not-built")
            self.assertIn("nothing_of_that_name", tool.ready["message"])
            self.assertTrue(any("app.py" in text for text in tool.ready["traceback"]))
        with Tool("def build(kind, n, workload):\n    raise ValueError('no\\n kind')") as tool:
            _, answer = tool.started()
            self.assertEqual(
                (answer["code"], answer["message"]), ("not-built", "ValueError: no kind")
            )

    def test_each_ends_its_cell_with_the_reason(self):
        for name, (body, code, words) in BAD.items():
            with self.subTest(name), Tool(app_that(body)) as tool:
                line, answer = tool.started(timeout_s=0.4)
                self.assertEqual(answer["event"], "failed", answer)
                self.assertEqual(answer["code"], code, answer)
                self.assertIn(words, answer["message"])
                self.assertLessEqual(len(answer["traceback"]), 12)
                self.assertIsNone(line.hear())
                # The parent lives, and the next cell starts.
                self.assertEqual(tool.cell()[1]["event"], "cell")

    def test_the_traceback_shows_where_it_hangs(self):
        for body in ("await hang()", "time.sleep(10)"):
            before = "async def hang():\n    await asyncio.Event().wait()\n"
            with self.subTest(body), Tool(app_that(body, before)) as tool:
                _, answer = tool.started(timeout_s=0.4)
                self.assertTrue(any(body in text for text in answer["traceback"]), answer)

    def test_the_interpreter_is_ended(self):
        with Tool(app_that("os._exit(1)")) as tool:
            line, answer = tool.started()
            self.assertIsNone(answer)
            self.assertEqual(tool.cell()[1]["event"], "cell")

    def test_threads_that_stay_do_not_keep_the_cell_alive(self):
        thread = "threading.Thread(target=threading.Event().wait).start()"
        with Tool(app_that(f"{thread}; {START}; {BODY}")) as tool:
            line, answer = tool.started()
            self.assertEqual(answer["status"], 200)
            line.ask("stop")
            self.assertIsNone(line.hear())

    def test_what_is_printed_or_closed_disturbs_nothing(self):
        noise = "print('{\"event\": \"lies\"}'); sys.stdout.flush(); os.write(1, b'noise')"
        with Tool(app_that(f"{noise}; os.close(1); {START}; {BODY}")) as tool:
            line, answer = tool.started()
            self.assertEqual(answer["status"], 200)
            self.assertEqual(line.ask("stop"), {"event": "stopped"})
            self.assertIn("lies", tool.said())


LIFESPANS = {
    # What the application does with a lifespan scope: outcome for each mode.
    "raises": ("raise RuntimeError('no lifespan')", {"on": "lifespan-failed", "auto": "answer"}),
    "returns": ("return", {"on": "answer", "auto": "answer"}),
    "refuses": (
        'await receive(); await send({"type": "lifespan.startup.failed", "message": "no"})',
        {"on": "lifespan-failed", "auto": "lifespan-failed"},
    ),
    "hangs": ("await asyncio.Event().wait()", {"on": "timed-out", "auto": "timed-out"}),
}


class Lifespans(unittest.TestCase):
    def test_every_way_to_take_it(self):
        for name, (body, outcomes) in LIFESPANS.items():
            source = app_that(
                f'\n        if scope["type"] == "lifespan":\n            {body}\n'
                f"        else:\n            {START}\n            {BODY}"
            )
            for mode, outcome in dict(outcomes, off="answer").items():
                with self.subTest(name, mode=mode), Tool(source) as tool:
                    _, answer = tool.started(lifespan=mode, timeout_s=0.5)
                    self.assertEqual(answer.get("code", answer["event"]), outcome, answer)

    def test_an_application_that_needs_it_gets_it(self):
        source = app_that(
            'assert scope["type"] == "lifespan" or scope.get("state"), "not started"\n'
            '        if scope["type"] == "lifespan":\n'
            '            await receive(); scope["state"]["db"] = 1\n'
            '            await send({"type": "lifespan.startup.complete"}); await receive()\n'
            '            await send({"type": "lifespan.shutdown.failed", "message": "stuck"})\n'
            f"            return\n        {START}; {BODY}"
        )
        with Tool(source) as tool:
            _, answer = tool.started(lifespan="off")
            self.assertEqual(answer["code"], "app-raised")
            self.assertIn("not started", answer["message"])
            line, answer = tool.started(lifespan="on")
            self.assertEqual(answer["status"], 200)
            answer = line.ask("stop")
            self.assertEqual(answer["code"], "lifespan-failed")
            self.assertIn("stuck", answer["message"])


if __name__ == "__main__":
    unittest.main()
