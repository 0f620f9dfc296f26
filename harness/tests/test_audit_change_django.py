"""What a change makes of a Django site."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import test_audit_django as site  # noqa: E402
from test_audit_change import Layer  # noqa: E402
from test_audit_change_frameworks import Asks  # noqa: E402
from test_audit_client import ask, audit, importable, scope_of  # noqa: E402

from asgi_toll_audit_change import Change  # noqa: E402
from asgi_toll_audit_switch import Switch  # noqa: E402
from asgi_toll_failure import Failure  # noqa: E402

HERE = __name__

if importable("django"):
    from django import conf
    from django.utils.decorators import sync_and_async_middleware
    from django.utils.deprecation import MiddlewareMixin

    class Seen(MiddlewareMixin):
        """Puts its name before those of the middlewares inside of it."""

        name = "s"
        made = 0

        def __init__(self, get_response):
            super().__init__(get_response)
            type(self).made += 1

        def process_view(self, request, view, args, kwargs):
            request.viewed = getattr(request, "viewed", "") + self.name

        def process_response(self, request, response):
            response["x-seen"] = self.name + response.get("x-seen", "")
            response["x-viewed"] = getattr(request, "viewed", "")
            return response

    class Other(Seen):
        name = "*"

    @sync_and_async_middleware
    def function(get_response):
        if is_async(get_response):

            async def layer(request):
                return named(await get_response(request))

            return layer
        return lambda request: named(get_response(request))

    def is_async(function):
        return sys.modules["asgiref.sync"].iscoroutinefunction(function)

    def named(response):
        response["x-seen"] = "f" + response.get("x-seen", "")
        return response

    def takes_two(get_response, option):
        return get_response


def maker(name):
    """A maker of middlewares that say their name, of the kind that sites are made of here."""
    return lambda mark: type("Seen", (Seen,), {"name": name})


@unittest.skipUnless(importable("django"), "needs django")
class OfDjango(Asks, unittest.TestCase):
    def ask(self, **change):
        """What the middlewares left in the answer, and in the request until the view."""
        told = ask(self.switch.to(Change.made(**change)), lifespan=False)
        self.assertEqual(told[0], 200)
        return told[1].get(b"x-seen", b"").decode(), told[1].get(b"x-viewed", b"").decode()

    def setUp(self):
        self.handler = site.application(maker("a"), maker("b"), maker("c"))
        self.switch = Switch(audit(Layer(self.handler), scope_of()))

    def test_the_order_and_others_in_place(self):
        for _ in range(2):
            for change, seen, viewed in (
                ({"order": [4, 3, 2]}, "cba", "cba"),
                ({"order": [3, 2], "without": [4]}, "ba", "ba"),
                ({"replace": {3: f"{HERE}:Other"}}, "a*c", "a*c"),
                ({"replace": {2: f"{HERE}.Other"}, "order": [4, 2]}, "cb*", "cb*"),
                ({"replace": {4: f"{HERE}:function"}}, "abf", "ab"),
                ({"without": [0, 2, 3, 4]}, "", ""),
            ):
                with self.subTest(change):
                    self.assertEqual(self.ask(**change), (seen, viewed))
                    self.assertEqual(self.ask(), ("abc", "abc"))

    def test_nothing_is_built_at_a_switch(self):
        made = vars(self.handler)["_middleware_chain"]
        change = {"replace": {3: f"{HERE}:Other"}}
        setting = list(conf.settings.MIDDLEWARE)
        Other.made = 0
        for _ in range(4):
            self.ask(**change)
            self.assertEqual(conf.settings.MIDDLEWARE[2], f"{HERE}:Other")
            self.ask()
        self.assertEqual(Other.made, 1)
        self.assertIs(vars(self.handler)["_middleware_chain"], made)
        self.assertEqual(conf.settings.MIDDLEWARE, setting)

    def test_what_cannot_be(self):
        for words, change in (
            ("ASGIHandler cannot be replaced: it is Django itself", {"replace": {1: "a:B"}}),
            ("does not stand in one chain with", {"order": [2, 0]}),
            ("needs option", {"replace": {2: f"{HERE}:takes_two"}}),
            ("there is no module 'nowhere'", {"replace": {2: "nowhere.at:All"}}),
            ("could not be built: MiddlewareNotUsed", {"replace": {2: "audited_site.unused"}}),
        ):
            with self.subTest(words), self.assertRaises(Failure) as caught:
                self.switch.to(Change.made(**change))
            self.assertIn(words, caught.exception.message)
            self.assertEqual(self.ask(), ("abc", "abc"))

    def test_synchronous_and_asynchronous_ones(self):
        made = site.application(site.asynchronous, site.mixin, site.synchronous)
        switch = Switch(audit(made, scope_of()))
        for order in ([3, 2, 1], [2, 3, 1], [1, 3, 2]):
            status, headers, _ = ask(switch.to(Change.made(order=order)), lifespan=False)
            marks = [name for name in headers if name.startswith(b"x-toll")]
            self.assertEqual((status, len(marks)), (200, 3))


if __name__ == "__main__":
    unittest.main()
