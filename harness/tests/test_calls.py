"""Which functions a request enters, of applications whose every call is known."""

import os
import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import asgi_toll_calls  # noqa: E402
from asgi_toll_events import DRIVER  # noqa: E402
from driver_client import PING, Tool  # noqa: E402
from interpreters import interpreters  # noqa: E402
from test_counts import app_that  # noqa: E402

PYTHONS = interpreters()
# What an application does; all of it is counted, and all of it has a name.
STEPS = {
    "nothing": {},
    "calls": dict(before="\n        for _ in range(9):\n            called(); await nothing()"),
    "a generator": dict(before="\n        for _ in (x for x in (1, 2)):\n            pass"),
    "turns": dict(before="\n        for _ in (1, 2, 3):\n            await asyncio.sleep(0)"),
    "a task": dict(before="await asyncio.get_running_loop().create_task(nothing())"),
    "what is left behind": dict(
        after="asyncio.get_running_loop().create_task(asyncio.sleep(0)); "
        "asyncio.get_running_loop().call_soon(called)"
    ),
    "a timer": dict(before="await asyncio.sleep(0.001)"),
    "an error": dict(
        before="\n        try:\n            raise KeyError(called())\n"
        "        except KeyError:\n            pass"
    ),
}
LAYERS = """
import asyncio
from asgi_toll_layers import PassLayer, wrap

class Layer:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)

def build(kind, middlewares, workload):
    async def app(scope, receive, send):
        await asyncio.sleep(0)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"toll"})

    return wrap(app, [Layer] * middlewares + [PassLayer])
"""
LAYER_LINE = 9


def asked(tool, *orders, middlewares=0):
    """The answers to some orders, of one cell that counts."""
    line, answer = tool.started(PING, middlewares=middlewares, counting=True)
    answers = [answer] + [line.ask(order, timeout_s=30) for order in orders]
    for told in answers:
        if told is None or told["event"] == "failed":
            raise AssertionError(told)
    line.ask("stop")
    return answers[1:]


def total(profile):
    """All calls of a profile."""
    return sum(function["calls"] for function in profile["functions"])


class Profile(unittest.TestCase):
    def test_the_calls_of_all_functions_are_the_calls_that_are_counted(self):
        for version, python in PYTHONS.items():
            for name, parts in STEPS.items():
                with self.subTest(name, python=version), Tool(app_that(**parts), python) as tool:
                    first, counts, again, more = asked(
                        tool, "profile", "count", "profile", "count"
                    )
                    self.assertEqual(total(first), counts["counts"]["python_calls"], first)
                    self.assertEqual(again, first)
                    # Having looked changes nothing of what is counted.
                    self.assertEqual(
                        more["counts"]["python_calls"], counts["counts"]["python_calls"]
                    )
                    if name == "nothing":
                        self.assertEqual(total(first), 1)

    def test_functions_have_their_name_place_and_number(self):
        for version, python in PYTHONS.items():
            with self.subTest(version), Tool(LAYERS, python) as tool:
                (profile,) = asked(tool, "profile", middlewares=5)
                self.check_functions(profile["functions"], tool, version)

    def check_functions(self, functions, tool, version):
        qualified = tuple(map(int, version.split("."))) >= (3, 11)
        app = str(Path(tool.folder.name) / "app.py")
        # The most calls first, and then by place; a layer of the harness is no driver's.
        self.assertEqual(
            functions[0],
            {
                "file": app,
                "name": "Layer.__call__" if qualified else "__call__",
                "line": LAYER_LINE,
                "calls": 5,
            },
        )
        places = [(-f["calls"], f["file"], f["name"], f["line"]) for f in functions]
        self.assertEqual(places, sorted(places))
        found = {(f["file"], f["name"]): f["calls"] for f in functions}
        self.assertEqual(len(found), len(functions))
        name = "PassLayer.__call__" if qualified else "__call__"
        self.assertEqual(found["asgi_toll_layers.py", name], 1)
        self.assertEqual(found[app, "build.<locals>.app" if qualified else "app"], 1)
        self.assertEqual(found["asyncio/tasks.py", "sleep"], 1)
        self.assertEqual(found["asyncio/tasks.py", "__sleep0"], 1)
        drivers = {f"asgi_toll_{name}.py" for name in DRIVER}
        self.assertFalse(drivers & {Path(f["file"]).name for f in functions})

    def test_work_of_other_threads_is_told(self):
        hop = "await asyncio.get_running_loop().run_in_executor(None, called)"
        for version, python in PYTHONS.items():
            with self.subTest(version), Tool(app_that(before=hop), python) as tool:
                profile, count = asked(tool, "profile", "count")
                names = [f["name"] for f in profile["functions"] if f["calls"] == 1]
                self.assertIn("called", names)
                self.assertEqual(total(profile), count["counts"]["python_calls"])

    def test_only_a_cell_that_counts_is_looked_at(self):
        with Tool(LAYERS) as tool:
            for cell in ({}, {"seams": True}):
                with self.subTest(cell):
                    line, _ = tool.started(**cell)
                    told = line.ask("profile")
                    self.assertEqual((told["event"], told["code"]), ("failed", "bad-order"))
                    self.assertIn("profile: this cell was not asked for", told["message"])
            line, _ = tool.cell(counting=True)
            self.assertEqual(line.ask("profile")["code"], "bad-order")


class Files(unittest.TestCase):
    def short(self, file, entries):
        """`file` with these entries in `sys.path`."""
        with mock.patch.object(sys, "path", entries):
            return asgi_toll_calls.short_file(file, asgi_toll_calls.sys_folders())

    def test_a_file_is_told_within_the_longest_entry_that_holds_it(self):
        entries = ["/a", "/a/b/site-packages", "/a/b", "/a/b/site"]
        file = "/a/b/site-packages/starlette/routing.py"
        self.assertEqual(self.short(file, entries), "starlette/routing.py")
        self.assertEqual(self.short("/a/b/sites/x.py", entries), "sites/x.py")
        self.assertEqual(self.short("/ab/x.py", entries), "/ab/x.py")
        self.assertEqual(self.short("/a/b/x.py", ["/a/b/"]), "x.py")

    def test_what_is_in_no_entry_is_absolute_and_what_is_no_file_is_as_it_is(self):
        self.assertEqual(self.short("x/y.py", ["/a"]), os.path.abspath("x/y.py"))
        self.assertEqual(self.short("x/y.py", [""]), "x/y.py")
        self.assertEqual(self.short("<string>", [""]), "<string>")

    def test_what_is_called_the_same_is_one_function(self):
        made = [compile("def f(): pass", "<made>", "exec").co_consts[0] for _ in range(2)]
        told = asgi_toll_calls.as_told((code, 2) for code in made)
        self.assertEqual(told, [{"file": "<made>", "name": "f", "line": 1, "calls": 4}])


if __name__ == "__main__":
    unittest.main()
