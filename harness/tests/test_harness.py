"""Tests of the harness and of the data beside it; needs no framework.

Python 3.11+: `python -m unittest discover -s harness/tests`
"""

import ast
import asyncio
import functools
import json
import os
import re
import string
import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

import tomllib

ROOT = Path(__file__).resolve().parents[2]
SERVERS = tomllib.loads((ROOT / "servers" / "servers.toml").read_text())["servers"]
HARNESS = ROOT / "harness"
sys.path.insert(0, str(HARNESS))

from asgi_toll_kinds import shared  # noqa: E402
from asgi_toll_layers import HeaderLayer, JsonCountLayer, PassLayer, wrap  # noqa: E402
from asgi_toll_subject import dump_json, pick, raw_marks  # noqa: E402

SUBJECTS = sorted(path.parent.name for path in ROOT.glob("subjects/*/subject.toml"))
SUBJECT_KEYS = {"name", "distribution", "requires", "lifespan", "kinds"}
SUBJECT_OPTIONAL = {"not-applicable"}
SHARED_KINDS = tomllib.loads((ROOT / "harness" / "kinds.toml").read_text())["kinds"]
WORKLOADS = tomllib.loads((ROOT / "workloads" / "workloads.toml").read_text())["workloads"]
KIND_KEYS = {"style", "mark", "about"}
KIND_OPTIONAL = {"docs", "requires", "scopes", "asgi", "proves"}
SERVER_KEYS = {
    "distribution", "requires", "http", "loop", "default_http", "default_loop", "words",
    "command", "bind_tcp", "bind_unix", "processes", "switched_off", "hidden_layers", "env",
    "websocket_requires",
}  # fmt: skip
SERVER_OPTIONAL = {"words", "hidden_layers", "env", "websocket_requires"}
PLACEHOLDERS = {"python", "http", "loop", "lifespan", "host", "port", "socket"}


def subject(name):
    """The table of a subject."""
    return tomllib.loads((ROOT / "subjects" / name / "subject.toml").read_text())


def table_keys(source, name):
    """Keys of the dictionary that `source` assigns to `name`, those of `**OTHER` among them."""
    keys = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == name:
            for key, value in zip(node.value.keys, node.value.values):
                keys |= {key.value} if key else table_keys(*where(source, value.id))
    return keys


def where(source, name):
    """The source that assigns `name`, which `source` may import, and its name there."""
    for node in ast.parse(source).body:
        for alias in node.names if isinstance(node, ast.ImportFrom) else ():
            if (alias.asname or alias.name) == name:
                return (HARNESS / f"{node.module}.py").read_text(), alias.name
    return source, name


def placeholders(texts):
    """Names in braces in any of `texts`."""
    parse = string.Formatter().parse
    return {name for text in texts for _, name, _, _ in parse(text) if name is not None}


class SubjectData(unittest.TestCase):
    def test_every_subject_keeps_to_the_format(self):
        self.assertGreaterEqual(len(SUBJECTS), 10)
        for name in SUBJECTS:
            with self.subTest(name):
                table = subject(name)
                self.assertEqual(set(table) - SUBJECT_OPTIONAL, SUBJECT_KEYS)
                self.assertEqual(table["name"], name)
                self.assertIn(table["lifespan"], ("on", "off", "auto"))

    def test_every_kind_keeps_to_the_format(self):
        for name in SUBJECTS:
            for kind, table in subject(name)["kinds"].items():
                with self.subTest(name, kind=kind):
                    self.keeps_to_the_format(table)
                    self.assertRegex(table["docs"], "^https://")

    def test_every_shared_kind_keeps_to_the_format(self):
        for kind, table in SHARED_KINDS.items():
            with self.subTest(kind):
                self.keeps_to_the_format(table)

    def keeps_to_the_format(self, kind):
        self.assertEqual(set(kind) - KIND_OPTIONAL, KIND_KEYS)
        self.assertIn(kind["style"], ("layer", "hook"))
        self.assertIn(kind["mark"], ("header", "json-count", "stack"))
        self.assertNotIn("\n", kind["about"])
        self.assertLessEqual(set(kind.get("proves", {})), set(WORKLOADS))

    def test_the_shared_kinds_are_those_that_the_data_names(self):
        self.assertEqual(set(shared(functools.partial)), set(SHARED_KINDS))

    def test_the_application_builds_the_kinds_that_the_data_names(self):
        for name in SUBJECTS:
            with self.subTest(name):
                source = (ROOT / "subjects" / name / "app.py").read_text()
                kinds = set(subject(name)["kinds"])
                self.assertEqual(table_keys(source, "KINDS"), kinds)
                self.assertEqual(kinds & set(SHARED_KINDS), set(), "made twice")

    def test_a_workload_is_answered_or_said_not_to_be_applicable(self):
        for name in SUBJECTS:
            with self.subTest(name):
                source = (ROOT / "subjects" / name / "app.py").read_text()
                answered = table_keys(source, "WORKLOADS")
                missing = set(subject(name).get("not-applicable", {}))
                ours = {name for name, workload in WORKLOADS.items() if not workload.get("images-only")}
                self.assertEqual(answered | missing, ours)
                self.assertEqual(answered & missing, set())

    def test_python_files_parse_as_python_3_8(self):
        files = [*ROOT.glob("subjects/*/app.py"), *HARNESS.glob("*.py")]
        for path in files:
            with self.subTest(path.name):
                ast.parse(path.read_text(), feature_version=(3, 8))


class ServerData(unittest.TestCase):
    def test_every_server_keeps_to_the_format(self):
        for name, table in SERVERS.items():
            with self.subTest(name):
                self.assertLessEqual(set(table), SERVER_KEYS)
                self.assertLessEqual(SERVER_KEYS - SERVER_OPTIONAL, set(table))
                self.assertIn(table["default_http"], table["http"])
                self.assertIn(table["default_loop"], table["loop"])

    def test_placeholders_are_known_and_the_socket_is_taken(self):
        for name, table in SERVERS.items():
            with self.subTest(name):
                texts = table["command"] + table["bind_tcp"] + table["bind_unix"]
                texts += table.get("env", {}).values()
                self.assertLessEqual(placeholders(texts), PLACEHOLDERS)
                self.assertIn("port", placeholders(table["bind_tcp"]))
                self.assertIn("socket", placeholders(table["bind_unix"]))

    def test_the_address_is_the_tools_to_choose(self):
        for name, table in SERVERS.items():
            with self.subTest(name):
                text = " ".join(table["command"] + table["bind_tcp"] + table["bind_unix"])
                addresses = re.findall(r"\d+\.\d+\.\d+\.\d+", text)
                self.assertEqual(addresses, [])
                self.assertIn("host", placeholders(table["bind_tcp"]))


def answer(headers, *chunks):
    """An ASGI application that sends `headers` and `chunks`."""

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    return app


def ask(app, scope_type="http"):
    """The messages that `app` sends."""
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(app({"type": scope_type}, None, send))
    return sent


class Layers(unittest.TestCase):
    def test_each_header_layer_adds_its_mark_and_keeps_the_rest(self):
        for headers in ([(b"a", b"b")], ((b"a", b"b"),), iter([(b"a", b"b")])):
            layers = [lambda app, p=pair: HeaderLayer(app, p) for pair in raw_marks(3)]
            sent = ask(wrap(answer(headers, b"x"), layers))
            names = [name for name, _ in sent[0]["headers"]]
            # The innermost sees the answer first.
            self.assertEqual(names, [b"a", b"x-toll-2", b"x-toll-1", b"x-toll-0"])
            self.assertEqual([m.get("body") for m in sent[1:]], [b"x", b""])

    def test_json_layers_count_a_body_in_pieces_and_announce_its_length(self):
        headers = [(b"Content-Length", b"11"), (b"content-type", b"application/json")]
        app = answer(headers, b'{"cou', b'nt":0}')
        for _ in range(12):
            app = JsonCountLayer(app, json.loads, dump_json)
        start, body = ask(app)
        self.assertEqual(body["body"], b'{"count":12}')
        self.assertEqual(start["headers"][-1], (b"content-length", b"12"))
        self.assertEqual(len(start["headers"]), 2)

    def test_other_scopes_pass_untouched(self):
        app = answer([(b"a", b"b")])
        layers = PassLayer(app), HeaderLayer(app, (b"m", b"1")), JsonCountLayer(app, None, None)
        for layer in layers:
            self.assertEqual(ask(layer, "lifespan"), ask(app, "lifespan"))

    def test_header_layers_mark_the_acceptance_of_a_websocket(self):
        async def app(scope, receive, send):
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.send", "text": "toll"})

        sent = ask(HeaderLayer(app, (b"m", b"1")), "websocket")
        self.assertEqual(sent[0]["headers"], [(b"m", b"1")])
        self.assertEqual(set(sent[1]), {"type", "text"})

    def test_pick_lists_what_there_is(self):
        with self.assertRaisesRegex(ValueError, "unknown workload 'pong': this subject has a, b"):
            pick({"b": 1, "a": 2}, "pong", "workload")


def run_python(code, **environment):
    """Runs `code` in a fresh interpreter with the harness on its path."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("ASGI_TOLL")}
    inherited.pop("NUM_MIDDLEWARES", None)
    environment = dict(inherited, PYTHONPATH=str(HARNESS), **environment)
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60
    )


class Serve(unittest.TestCase):
    APP = textwrap.dedent(
        """
        import sys
        assert sys.modules[__name__].__file__ == __file__
        def build(kind, middlewares, workload):
            return [kind, middlewares, workload]
        """
    )

    def serve(self, source, **changes):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "app.py").write_text(source)
            environment = {
                "ASGI_TOLL_SUBJECT": folder,
                "ASGI_TOLL_KIND": "native",
                "NUM_MIDDLEWARES": "3",
            }
            environment.update(changes)
            return run_python("import asgi_toll_serve as s; print(s.app)", **environment)

    def test_the_environment_says_what_is_built(self):
        done = self.serve(self.APP)
        self.assertEqual(done.stdout, "['native', 3, 'ping']\n", done.stderr)
        done = self.serve(self.APP, ASGI_TOLL_WORKLOAD="post-1k")
        self.assertEqual(done.stdout, "['native', 3, 'post-1k']\n", done.stderr)

    def test_errors_are_short_and_end_the_process(self):
        faults = {
            "no app.py in the subject's folder": dict(ASGI_TOLL_SUBJECT="/nowhere"),
            "must be a whole number, not '-1'": dict(NUM_MIDDLEWARES="-1"),
            "ASGI_TOLL_KIND is not set": dict(ASGI_TOLL_KIND=""),
        }
        for text, change in faults.items():
            with self.subTest(text):
                done = self.serve(self.APP, **change)
                self.assertEqual(done.returncode, 3)
                self.assertIn(text, done.stderr.splitlines()[-1])
                self.assertLess(len(done.stderr.splitlines()), 24)

    def test_what_a_subject_raises_is_shown(self):
        done = self.serve("def build(*all):\n    raise KeyError('lost')\n")
        self.assertEqual(done.returncode, 3)
        self.assertIn("KeyError: 'lost'", done.stderr)


class Probe(unittest.TestCase):
    def test_one_line_about_this_interpreter(self):
        done = run_python("import runpy; runpy.run_module('asgi_toll_probe', run_name='__main__')")
        self.assertEqual(done.stdout.count("\n"), 1, done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual(told["version"], "%d.%d.%d" % sys.version_info[:3])
        self.assertIs(told["free_threaded"], bool(told["free_threaded"]))
        self.assertEqual(list(told["distributions"]), sorted(told["distributions"]))


if __name__ == "__main__":
    unittest.main()
