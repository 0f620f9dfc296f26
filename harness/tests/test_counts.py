"""Counts of applications whose every step is known, on every Python that is here."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from driver_client import PING, count  # noqa: E402
from interpreters import interpreters  # noqa: E402

PYTHONS = interpreters()
# What is no clock and no matter of memory.
CLOCKS = ("blocked_ns", "allocated_blocks")


def app_that(before="pass", body="", after="pass"):
    """A subject whose application does something before and after its answer."""
    return f"""
import asyncio, concurrent.futures, gc, threading, time
import asgi_toll_workloads
async def nothing():
    pass
def called():
    pass
def build(kind, middlewares, workload):
    async def app(scope, receive, send):
        {before}
        await send({{"type": "http.response.start", "status": 200, "headers": []}})
        {body}
        await send({{"type": "http.response.body", "body": b"hello"}})
        {after}
    return app
"""


# What the application does beside answering: what it counts beside what an empty one does.
STEPS = {
    "a call": (dict(before="called()"), {"python_calls": 1}),
    "a C function": (dict(before="len(())"), {"c_calls": 1}),
    "a method in C": (dict(before="[].append(1)"), {"c_calls": 1}),
    "a coroutine": (dict(before="await nothing()"), {"python_calls": 1}),
    "five coroutines": (
        dict(before="\n        for _ in (1, 2, 3, 4, 5):\n            await nothing()"),
        {"python_calls": 5},
    ),
    "a generator": (
        dict(before="\n        for _ in (x for x in (1, 2)):\n            pass"),
        {"python_calls": 1, "python_resumes": 2},
    ),
    "a task": (
        dict(before="await asyncio.get_running_loop().create_task(nothing())"),
        {"tasks": 1, "loop_callbacks": 2, "loop_iterations": 2},
    ),
    "a task that is left behind": (
        dict(after="asyncio.get_running_loop().create_task(nothing())"),
        {"tasks": 1, "loop_callbacks": 1, "loop_iterations": 1},
    ),
    "a callback that is left behind": (
        dict(after="asyncio.get_running_loop().call_soon(len, ())"),
        {"loop_callbacks": 1, "loop_iterations": 1, "tasks": 0},
    ),
    "three callbacks that are left behind": (
        dict(
            after="\n        for _ in (1, 2, 3):\n"
            "            asyncio.get_running_loop().call_soon(len, ())"
        ),
        {"loop_callbacks": 3, "loop_iterations": 1},
    ),
    "a turn": (dict(before="await asyncio.sleep(0)"), {"loop_callbacks": 1, "loop_iterations": 1}),
    "a timer": (
        dict(before="await asyncio.sleep(0.001)"),
        {"timers": 1, "tasks": 0, "thread_hops": 0, "loop_callbacks": 2},
    ),
    "a hop to a thread": (
        dict(before="await asyncio.get_running_loop().run_in_executor(None, int)"),
        {"thread_hops": 1, "tasks": 0, "timers": 0},
    ),
    "three hops": (
        dict(
            before="\n        for _ in (1, 2, 3):\n"
            "            await asyncio.get_running_loop().run_in_executor(None, int)"
        ),
        {"thread_hops": 3},
    ),
    "a hop that takes long": (
        dict(before="await asyncio.get_running_loop().run_in_executor(None, time.sleep, .02)"),
        {"thread_hops": 1},
    ),
    "a hop to a new thread": (
        dict(
            before="\n        with concurrent.futures.ThreadPoolExecutor(1) as pool:\n"
            "            await asyncio.get_running_loop().run_in_executor(pool, int)"
        ),
        {"thread_hops": 1},
    ),
    "a wait for a thread": (
        dict(before="thread = threading.Thread(target=int); thread.start(); thread.join()"),
        {"thread_hops": 0},
    ),
    "a message read": (dict(before="await receive()"), {"messages_received": 1}),
    "a piece more": (
        dict(body='await send({"type": "http.response.body", "body": b"x", "more_body": True})'),
        {"messages_sent": 1, "body_bytes_sent": 1},
    ),
    "a collection": (dict(before="gc.collect()"), {"c_calls": 1, "gc_runs": 1}),
}
# Loops and threads call what differs from release to release.
OF_THE_LOOP = ("python_calls", "python_resumes", "c_calls", "instructions")


class Exact(unittest.TestCase):
    def test_both_ways_to_count_are_tested_as_far_as_they_are_here(self):
        # Which of the two runs is decided by the version alone; the newer one must.
        self.assertTrue({"3.12", "3.13", "3.14"} & set(PYTHONS), PYTHONS)

    def test_an_empty_application_counts_nothing_but_itself(self):
        for version, python in PYTHONS.items():
            with self.subTest(version):
                told = count(app_that(), repeats=4, python=python)
                for counts in told:
                    counts.pop("blocked_ns")
                    # PASS, two dictionaries, two sends: some dozen.
                    instructions = counts.pop("instructions", 30)
                    self.assertTrue(10 < instructions < 60, instructions)
                self.assertEqual(told, [dict(self.EMPTY)] * 4)

    EMPTY = {
        "python_calls": 1, "python_resumes": 0, "c_calls": 0, "tasks": 0, "loop_callbacks": 0,
        "loop_iterations": 0, "timers": 0, "thread_hops": 0, "allocated_blocks": 0, "gc_runs": 0,
        "messages_sent": 2, "messages_received": 0, "body_bytes_received": 0, "body_bytes_sent": 5,
    }  # fmt: skip

    def test_every_step_counts_what_it_is(self):
        for version, python in PYTHONS.items():
            for name, (parts, more) in STEPS.items():
                with self.subTest(name, python=version):
                    self.check_step(python, parts, more)

    def check_step(self, python, parts, more):
        told = count(app_that(**parts), repeats=3, python=python)
        for counts in told:
            for clock in CLOCKS:
                counts.pop(clock, None)
        self.assertEqual(told[1:], told[:1] * 2)
        loop = more.keys() & {"tasks", "loop_callbacks", "timers", "thread_hops"}
        for name, number in self.EMPTY.items():
            if name not in CLOCKS and not (loop and self.of_the_loop(name, more)):
                self.assertEqual(told[0][name], number + more.get(name, 0), name)

    def of_the_loop(self, name, more):
        """Whether asyncio itself decides how many `name` there are."""
        return name not in more and (name in OF_THE_LOOP or name.startswith("loop_"))

    def test_instructions_are_counted_one_by_one(self):
        plain, more = "x = 1", "x = 1; y = x"
        for version in ("3.12", "3.13", "3.14"):
            if version in PYTHONS:
                with self.subTest(version):
                    found = [
                        count(app_that(before=text), python=PYTHONS[version])[0]["instructions"]
                        for text in (plain, more)
                    ]
                    # LOAD_FAST and STORE_FAST, or both in one.
                    self.assertIn(found[1] - found[0], (1, 2))

    def test_resumed_coroutines_are_no_calls(self):
        source = app_that(before="await deep(5)").replace(
            "async def nothing",
            "async def deep(n):\n    await (deep(n - 1) if n else asyncio.sleep(0))\n"
            "async def nothing",
        )
        for version, python in PYTHONS.items():
            with self.subTest(version):
                told = count(source, python=python)[0]
                flat = count(app_that(before="await asyncio.sleep(0)"), python=python)[0]
                self.assertEqual(told["python_calls"] - flat["python_calls"], 6)
                self.assertEqual(told["python_resumes"] - flat["python_resumes"], 6)


class Others(unittest.TestCase):
    def test_a_blocked_loop_is_told_from_a_busy_and_from_a_waiting_one(self):
        # Where the machine has other work a request is held up by that too: the least of some counts.
        blocked, busy, waiting = (
            min(found["blocked_ns"] for found in count(app_that(before=text), repeats=5))
            for text in (
                "time.sleep(0.01)",
                "sum(range(300000))",
                "await asyncio.sleep(0.01)",
            )
        )
        self.assertTrue(9e6 < blocked < 30e6, blocked)
        self.assertLess(busy, 5e6)
        self.assertLess(waiting, 5e6)

    def test_what_is_left_behind_is_seen(self):
        node = "class Node:\n    __slots__ = ('me',)\nasync def nothing"
        knots = "\n        for _ in range(9):\n            node = Node(); node.me = node"
        source = app_that(before=knots).replace("async def nothing", node)
        for version, python in PYTHONS.items():
            with self.subTest(version):
                found = [c["allocated_blocks"] for c in count(source, repeats=3, python=python)]
                self.assertEqual(found, [9, 9, 9])

    def test_chunks_that_are_held_back_are_seen(self):
        stream = (
            "\n        async for chunk in asgi_toll_workloads.chunks():\n"
            '            await send({"type": "http.response.body", "body": chunk,'
            ' "more_body": True})'
        )
        whole = (
            "\n        held = [chunk async for chunk in asgi_toll_workloads.chunks()]\n"
            '        await send({"type": "http.response.body", "body": b"".join(held),'
            ' "more_body": True})'
        )
        for body, before in ((stream, 1), (whole, 100)):
            counts = count(app_that(body=body))[0]
            self.assertEqual(counts["chunks_before_first"], before)
            self.assertEqual(counts["body_bytes_sent"], 102405)
        self.assertNotIn("chunks_before_first", count(app_that())[0])

    def test_a_series_on_another_loop_is_counted_on_asyncio(self):
        told = count(app_that(before="await asyncio.sleep(0)"), ASGI_TOLL_LOOP="uvloop")[0]
        self.assertEqual(told["loop_iterations"], 1)

    def test_a_request_in_pieces(self):
        read = "\n        while (await receive())['more_body']:\n            pass"
        request = dict(PING, method="POST", body_base64="eHh4eHh4eHh4", pieces=3)
        told = count(app_that(before=read), request)[0]
        self.assertEqual(told["messages_received"], 3)
        self.assertEqual(told["body_bytes_received"], 9)


if __name__ == "__main__":
    unittest.main()
