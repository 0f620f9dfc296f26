"""Builds every kind and workload of a subject and looks at every answer.

Runs inside an environment that holds the framework, Python 3.11+, and needs
nothing else:

    PYTHON harness/tests/check_subjects.py starlette [--kind K]… [--workload W]…

Each application lives in a process of its own, forked after the import, as the
driver does it. Prints what went wrong, and a table of what is not applicable.
"""

import argparse
import asyncio
import base64
import functools
import gzip
import json
import os
import sys
import traceback
from pathlib import Path

import tomllib

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "harness"))

import asgi_toll_kinds  # noqa: E402
import asgi_toll_seams  # noqa: E402
import asgi_toll_workloads  # noqa: E402
from asgi_toll_lifespan import Lifespan  # noqa: E402
from asgi_toll_load_subject import load_subject  # noqa: E402
from asgi_toll_request import Request, ask  # noqa: E402
from asgi_toll_seam_record import SeamRecord  # noqa: E402
from asgi_toll_subject import marks  # noqa: E402

COUNTS = (0, 1, 3)
PATIENCE_S = 20
TURNS = 50
# Muffin keeps background tasks in a context variable, which is lost behind a task of its own.
BACKGROUND_LOST = {("muffin", "new-task")}


def read(*path):
    """A data file."""
    return tomllib.loads(ROOT.joinpath(*path).read_text(encoding="utf-8"))


WORKLOADS = read("workloads", "workloads.toml")["workloads"]


def told_request(workload):
    """The workload's request, as the tool orders it."""
    body = workload.get("body", "x" * workload.get("body-bytes", 0)).encode()
    return {
        "type": workload.get("protocol", "http"),
        "method": workload["method"],
        "path": workload["path"],
        "headers": list(workload.get("headers", {}).items()),
        "body_base64": base64.b64encode(body).decode(),
        "pieces": workload.get("pieces", 1),
    }


def refusal(subject, kind, name):
    """Why the subject cannot answer the workload through layers of this kind, or None."""
    workload = WORKLOADS[name]
    if name in subject.get("not-applicable", {}):
        return subject["not-applicable"][name]
    if workload.get("protocol", "http") not in kind.get("scopes", ["http"]):
        return "the layers see HTTP only"
    if kind["mark"] == "json-count" and workload["check"] != "json-count":
        return "the layers count in a JSON body"
    return None


def body_of(check, length, body, count):
    """Whether a body is what it should be."""
    checks = {
        "json-count": lambda: json.loads(body) == {"count": count},
        "json-text": lambda: json.loads(body) == {"text": "x" * length},
        "json-received": lambda: json.loads(body) == {"received": length},
        "filled": lambda: body == b"x" * length,
        "echo": lambda: body == b"toll",
        "any": lambda: True,
    }
    return checks[check]()


class Case:
    """One application."""

    def __init__(self, subject, kind_name, name, middlewares, seams):
        self.subject = subject
        self.kind_name = kind_name
        self.kind = subject["kinds"][kind_name]
        self.name = name
        self.workload = WORKLOADS[name]
        self.middlewares = middlewares
        self.seams = seams
        self.passed = []

    def __str__(self):
        seams = " with seams" if self.seams else ""
        return f"{self.kind_name} × {self.middlewares}, {self.name}{seams}"

    def run(self, module):
        """Builds, starts, asks twice, ends; raises what is wrong."""
        if self.seams:
            asgi_toll_seams.enable()
        app = module.build(self.kind_name, self.middlewares, self.name)
        self.watch_layers()
        asyncio.run(asyncio.wait_for(self.converse(app), PATIENCE_S))

    def watch_layers(self):
        """Lets the layers that leave no mark tell that a request went through them."""
        layer = self.layer_class()
        if layer is None:
            return
        call = layer.__call__

        @functools.wraps(call)
        async def told(layer, scope, receive, send):
            if scope["type"] != "lifespan":
                self.passed.append(layer)
            await call(layer, scope, receive, send)

        layer.__call__ = told

    def layer_class(self):
        """The class of the layers of a kind with mark "stack"."""
        if self.kind["mark"] != "stack":
            return None
        if self.kind_name in asgi_toll_kinds.ALIKE:
            return asgi_toll_kinds.ALIKE[self.kind_name][0]
        return sys.modules["asgi_toll_on_starlette"].KINDS[self.kind_name](1)[0].cls

    async def converse(self, app):
        """Lifespan, two requests, shutdown."""
        lifespan = Lifespan(app, self.subject["lifespan"])
        request = Request(told_request(self.workload))
        request.state = await lifespan.startup()
        # Some frameworks put their layers together at the first request.
        for _ in range(2):
            await self.exchange(app, request)
        await lifespan.shutdown()

    async def exchange(self, app, request):
        """One request, and all that is expected of its answer."""
        self.passed.clear()
        before = asgi_toll_workloads.NOTED.count
        record = SeamRecord(self.middlewares) if self.seams else None
        asgi_toll_seams.record_into(record)
        kept = []
        answer = await ask(app, request, kept)
        headers = [(n.decode("latin-1").lower(), v.decode("latin-1")) for n, v in answer.headers]
        self.check_answer(answer.status, headers, b"".join(kept))
        self.check_layers(headers)
        if self.seams:
            expect(record.seen == set(range(self.middlewares + 1)), f"seams {record.seen}")
        if self.name == "background-task" and self.key not in BACKGROUND_LOST:
            await self.check_background(before)

    @property
    def key(self):
        """Subject and kind."""
        return self.subject["name"], self.kind_name if self.middlewares else None

    def check_answer(self, status, headers, body):
        """Status, type, and body."""
        values = dict(headers)
        expect(status == self.workload["status"], f"status {status}")
        if values.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        wanted = self.workload.get("content-type")
        found = values.get("content-type", "").partition(";")[0]
        expect(wanted in (None, found), f"content-type {found!r}")
        count = self.middlewares if self.kind["mark"] == "json-count" else 0
        right = body_of(self.workload["check"], self.workload.get("length"), body, count)
        expect(right, f"body of {len(body)} bytes: {body[:60]!r}")

    def check_layers(self, headers):
        """Each layer has left its mark, or was gone through."""
        names = [name for name, _ in headers]
        if self.kind["mark"] == "header" and "marks-in" not in self.workload:
            found = [name for name in names if name.startswith("x-toll-")]
            expect(sorted(found) == sorted(marks(self.middlewares)), f"marks {found}")
        if self.kind["mark"] == "stack":
            found = len(self.passed), len(set(map(id, self.passed)))
            expect(found == (self.middlewares,) * 2, f"calls and layers {found}")
        proof = self.kind.get("proves", {}).get(self.name)
        if proof:
            expect((proof in names) == (self.middlewares > 0), f"{proof} in {names}")

    async def check_background(self, before):
        """The background task has run, or runs now."""
        for _ in range(TURNS):
            if asgi_toll_workloads.NOTED.count == before + 1:
                return
            await asyncio.sleep(0)
        expect(False, f"{asgi_toll_workloads.NOTED.count - before} background tasks have run")


def expect(right, what):
    """Raises if something is not as expected."""
    if not right:
        raise AssertionError(what)


def cases(subject, kinds, workloads):
    """What is to be built, and what is not applicable: two lists."""
    made, refused = [], []
    for kind_name, kind in subject["kinds"].items():
        for name in workloads or WORKLOADS:
            if kinds and kind_name not in kinds:
                continue
            reason = refusal(subject, kind, name)
            if reason:
                refused.append((kind_name, name, reason))
                continue
            made += [Case(subject, kind_name, name, count, False) for count in COUNTS]
            if kind.get("asgi"):
                made.append(Case(subject, kind_name, name, COUNTS[-1], True))
    return made, refused


def in_a_process_of_its_own(case, module):
    """Runs one case; the error as text, or None."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        text = b""
        try:
            case.run(module)
        except BaseException:
            text = traceback.format_exc(limit=-4).encode()
        os.write(writing, text)
        os._exit(bool(text))
    os.close(writing)
    with open(reading, "rb") as pipe:
        text = pipe.read().decode()
    _, status = os.waitpid(pid, 0)
    return text or (f"ended with {status}" if status else None)


def main():
    """Checks one subject; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("subject")
    parser.add_argument("--kind", action="append", default=[])
    parser.add_argument("--workload", action="append", default=[])
    given = parser.parse_args()
    subject = read("subjects", given.subject, "subject.toml")
    subject["kinds"] = {**read("harness", "kinds.toml")["kinds"], **subject["kinds"]}
    module = load_subject(str(ROOT / "subjects" / given.subject))
    made, refused = cases(subject, given.kind, given.workload)
    wrong = 0
    for case in made:
        error = in_a_process_of_its_own(case, module)
        if error:
            wrong += 1
            print(f"WRONG {case}\n{error}", flush=True)
    for kind_name, name, reason in refused:
        print(f"not applicable: {kind_name}, {name}: {reason}")
    print(f"{given.subject}: {len(made) - wrong} passed, {wrong} failed", flush=True)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
