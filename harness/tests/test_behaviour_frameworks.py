"""What can be seen of layers in frameworks of their own kind."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import test_audit_django  # noqa: E402
import test_audit_hooks  # noqa: E402
import test_audit_nested  # noqa: E402
from behaviour_client import behaviour, importable, names, of  # noqa: E402
from test_audit_client import MARKS  # noqa: E402
from test_audit_litestar import define  # noqa: E402
from test_audit_starlette import Mark  # noqa: E402


@unittest.skipUnless(importable("django"), "needs django")
class OfDjango(unittest.TestCase):
    def build(self, *makers):
        return test_audit_django.application(*makers)

    def test_asynchronous_and_synchronous_middlewares(self):
        kinds = test_audit_django
        found = behaviour(self.build(kinds.asynchronous, kinds.asynchronous, kinds.synchronous))
        self.assertEqual((found[0]["reached"], found[0]["answers_itself"]), (True, False))
        self.assertIsNone(found[0]["changes"])
        for facts in found[1:]:
            self.assertEqual((facts["changes"], facts["idle"]), (["headers"], False))
            self.assertEqual((facts["wraps"], facts["buffers_response"]), (None, None))
            self.assertFalse(facts["answers_itself"])
        self.assertIn(("test_audit_django.py", "add_mark"), names(found[1]["functions"]))
        places = [names(each["threads_from"]) for each in found[1:]]
        self.assertEqual(places, [[], [], [("sync.py", "__call__")]])

    def test_hooks_that_django_runs_in_threads(self):
        kinds = test_audit_django
        _, first, second = behaviour(self.build(kinds.asynchronous, kinds.mixin))
        self.assertEqual(first["threads_from"], [])
        self.assertIn(("deprecation.py", "__acall__"), names(second["threads_from"]))

    def test_a_middleware_that_answers(self):
        from django.http import HttpResponse

        def answers(_mark):
            def factory(get_response):
                def answer(request):
                    return HttpResponse("no")

                return answer

            return factory

        kinds = test_audit_django
        found = behaviour(self.build(kinds.asynchronous, answers, kinds.synchronous))
        self.assertEqual([each["answers_itself"] for each in found], [False, False, True, False])
        self.assertEqual([each["reached"] for each in found], [True, True, True, False])
        self.assertEqual([each["idle"] for each in found], [None, False, False, None])


@unittest.skipUnless(importable("litestar"), "needs litestar")
class OfLitestar(unittest.TestCase):
    def test_layers_of_a_route(self):
        from litestar import Litestar, get

        @get("/")
        async def hello() -> dict:
            return {"hello": 1}

        found = behaviour(Litestar([hello], middleware=[define(MARKS[0])]), lifespan="on")
        facts = of(found, "Mark")
        self.assertEqual((facts["changes"], facts["wraps"]), (["headers"], ["send"]))
        self.assertFalse(facts["buffers_response"] or facts["delays_start"])
        self.assertEqual(of(found, "ASGIRouter")["changes"], ["scope"])


class Hooks(unittest.TestCase):
    """Of hooks it is known what they run, not what they do."""

    def check(self, found, hooks):
        self.assertEqual(len(found), hooks)
        for facts in found:
            told = facts["reached"], facts["answers_itself"], facts["changes"], facts["idle"]
            self.assertEqual(told, (True, None, None, None))
            files = [function["file"] for function in facts["functions"]]
            self.assertIn(test_audit_hooks.__file__, files)

    @unittest.skipUnless(importable("falcon"), "needs falcon")
    def test_falcon(self):
        found = behaviour(test_audit_hooks.OfFalcon("build").build(), lifespan="on")
        self.check(found, 3)
        called = [("test_audit_hooks.py", name) for name in ("process_request", "process_response")]
        self.assertTrue(set(called) <= set(names(found[0]["functions"])), found[0]["functions"])

    @unittest.skipUnless(importable("sanic"), "needs sanic")
    def test_sanic(self):
        app = test_audit_hooks.OfSanic("build").build()
        found = behaviour(app, "/items/3", lifespan="on")
        self.check(found, 3)

    @unittest.skipUnless(importable("quart"), "needs quart")
    def test_quart(self):
        found = behaviour(test_audit_hooks.OfQuart("build").build(), lifespan="on")
        self.check(found[1:], 2)
        self.assertEqual((found[0]["layer"], found[0]["changes"]), ("Mark", ["headers"]))
        self.assertEqual(found[0]["wraps"], ["send"])


class Nested(unittest.TestCase):
    @unittest.skipUnless(importable("blacksheep"), "needs blacksheep")
    def test_blacksheep(self):
        found = behaviour(test_audit_nested.OfBlackSheep("build").build(), lifespan="on")
        self.assertEqual([each["changes"] for each in found], [None, *[["headers"]] * 3])
        self.assertEqual([each["answers_itself"] for each in found], [False] * 4)

    @unittest.skipUnless(importable("muffin"), "needs muffin")
    def test_muffin(self):
        found = behaviour(test_audit_nested.OfMuffin("build").build(), lifespan="on")
        changes = [["headers"], None, ["headers"], ["headers"]]
        self.assertEqual([each["changes"] for each in found], changes)

    @unittest.skipUnless(importable("lilya"), "needs lilya")
    def test_lilya(self):
        from lilya.apps import Lilya
        from lilya.middleware import DefineMiddleware
        from lilya.routing import Path as Route

        middleware = [DefineMiddleware(Mark, mark=mark) for mark in MARKS[:2]]
        app = Lilya(routes=[Route("/", test_audit_nested.answer)], middleware=middleware)
        marks = [each for each in behaviour(app, lifespan="on") if each["layer"] == "Mark"]
        self.assertEqual(len(marks), 2)
        for facts in marks:
            self.assertIn("headers", facts["changes"])
            self.assertFalse(facts["buffers_response"])


if __name__ == "__main__":
    unittest.main()
