"""The audit of applications that `sentry_sdk.init()` patches: each in a process of its own."""

import importlib.util
import subprocess
import sys
import textwrap
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent

STARLETTE = """
import sys
sys.path.insert(0, {here!r})
import sentry_sdk
from sentry_sdk.integrations.starlette import StarletteIntegration
# `middleware_spans` is off by default in newer releases.
sentry_sdk.init(traces_sample_rate=1.0, integrations=[StarletteIntegration(middleware_spans=True)])
from test_audit_starlette import *
def build():
    layers = [Middleware(Mark, mark=mark) for mark in MARKS]
    return Starlette(routes=[Route("/", hello)], middleware=layers)
{body}
"""
FOUND = """
found = audit(build(), scope_of())
first = found.layers[0]
told = first.by, first.removable, first.distribution
assert told == ("patched in", True, "sentry-sdk"), told
assert first.place == "patched over Starlette", first.place
mark = next(layer for layer in found.layers if layer.name == "Mark")
assert len(mark.patches) == 1 and mark.patches[0].startswith("sentry_sdk."), mark.patches
assert found.layers[1].name == "ServerErrorMiddleware", names(found)
"""
REMOVED = """
assert "sentry" in Starlette.__call__.__module__
found = audit(build(), scope_of())
found.without({0})
found.without(set())
assert "sentry" in Starlette.__call__.__module__ and "sentry" in Mark.__call__.__module__
app = found.without({0})
status, headers, _ = ask(app)
assert (status, marks_of(headers)) == (200, MARKS)
assert Starlette.__call__.__module__ == "starlette.applications"
assert Mark.__call__.__module__ == "test_audit_starlette", Mark.__call__.__module__
"""
SWITCHED = """
from asgi_toll_audit_change import Change
from asgi_toll_audit_switch import Switch
switch = Switch(audit(build(), scope_of()))
for _ in range(3):
    status, headers, _ = ask(switch.to(Change.made(without=[0], order=[4, 2])))
    assert (status, marks_of(headers)) == (200, MARKS)
    assert [name for name in headers if name in MARKS] == [MARKS[0], MARKS[1], MARKS[2]]
    assert Starlette.__call__.__module__ == "starlette.applications"
    status, headers, _ = ask(switch.to(Change()))
    assert [name for name in headers if name in MARKS] == MARKS[::-1]
    assert "sentry" in Starlette.__call__.__module__ and "sentry" in Mark.__call__.__module__
for change in (Change.made(order=[1, 0]), Change.made(replace={0: "a:B"})):
    try:
        switch.to(change)
    except Exception as error:
        assert "patched over Starlette" in str(error) or "cannot be moved" in str(error), error
    else:
        raise AssertionError(change)
"""
SHIMMED = """
found, clock = audit(build(), scope_of()), Clock()
status, headers, _ = ask(found.shimmed(clock))
assert (status, marks_of(headers)) == (200, MARKS)
assert sorted(clock.calls) == list(range(len(found.layers) + 1)), clock.calls
assert clock.inside[1] == {0}, clock.inside
"""
NESTED = """
def nested():
    inner = build()
    return Starlette(routes=[Mount("/in", inner)], middleware=[])
found, clock = audit(nested(), scope_of("/in/")), Clock()
ours = [layer.removable for layer in found.layers if layer.by == "patched in"]
assert ours == [True, False], ours
status, headers, _ = ask(found.shimmed(clock), "/in/")
assert (status, marks_of(headers)) == (200, MARKS)
assert sorted(clock.calls) == list(range(len(found.layers) + 1)), clock.calls
"""
OTHERS = """
marks = [n for n, name in enumerate(names(audit(build(), scope_of()))) if name == "Mark"]
for n, index in enumerate(marks):
    status, headers, _ = ask(audit(build(), scope_of()).without({index}))
    assert (status, marks_of(headers)) == (200, [m for m in MARKS if m != MARKS[n]])
"""


@unittest.skipUnless(
    importlib.util.find_spec("sentry_sdk") and importlib.util.find_spec("starlette"),
    "needs sentry_sdk and starlette",
)
class OfSentry(unittest.TestCase):
    def test_what_it_patches_is_found_and_can_be_shimmed(self):
        self.run_script(FOUND + OTHERS + SHIMMED + NESTED)

    def test_it_can_be_taken_out(self):
        self.run_script(REMOVED)

    def test_it_can_be_taken_out_and_put_in_again(self):
        self.run_script(SWITCHED)

    def run_script(self, body):
        source = STARLETTE.replace("{here!r}", repr(str(HERE))).replace("{body}", body)
        command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(source)]
        done = subprocess.run(command, capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr.decode())


if __name__ == "__main__":
    unittest.main()
