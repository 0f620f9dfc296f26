"""The audit of a Django site under ASGI."""

import sys
import types
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from test_audit_client import MARKS, Checks, Clock, audit, importable, scope_of  # noqa: E402
from test_audit_starlette import Mark  # noqa: E402

HERE = __name__
NAMES = ["layer_0", "layer_1", "layer_2"]

if importable("django"):
    import django
    from django import conf
    from django.core.asgi import get_asgi_application
    from django.core.exceptions import MiddlewareNotUsed
    from django.http import JsonResponse
    from django.urls import path
    from django.utils.decorators import async_only_middleware
    from django.utils.deprecation import MiddlewareMixin

    def hello(request):
        return JsonResponse({"hello": 1})

    urlpatterns = [path("", hello)]

    def asynchronous(mark):
        @async_only_middleware
        def factory(get_response):
            async def add_mark(request):
                response = await get_response(request)
                response.headers[mark.decode()] = "1"
                return response

            return add_mark

        return factory

    def synchronous(mark):
        def factory(get_response):
            def add_mark(request):
                response = get_response(request)
                response.headers[mark.decode()] = "1"
                return response

            return add_mark

        return factory

    def mixin(mark):
        class Mixin(MiddlewareMixin):
            def __init__(self, get_response):
                super().__init__(get_response)
                self.level = 3
                self.token = "secret"

            def process_view(self, request, view, args, kwargs):
                request.seen = True

            def process_response(self, request, response):
                response.headers[mark.decode()] = "1"
                return response

        return Mixin

    def unused(get_response):
        raise MiddlewareNotUsed


def application(*makers):
    """A site with a middleware of each maker, and one that is not used."""
    site = types.ModuleType("audited_site")
    for number, (maker, mark) in enumerate(zip(makers, MARKS)):
        setattr(site, f"layer_{number}", maker(mark))
    site.unused = unused
    sys.modules["audited_site"] = site
    names = [f"audited_site.layer_{number}" for number in range(len(makers))]
    names.insert(1, "audited_site.unused")
    if not conf.settings.configured:
        conf.settings.configure(
            SECRET_KEY="signs nothing", ALLOWED_HOSTS=["*"], ROOT_URLCONF=HERE, DEBUG=False
        )
        django.setup()
    conf.settings.MIDDLEWARE = names
    return get_asgi_application()


@unittest.skipUnless(importable("django"), "needs django")
class OfDjango(Checks, unittest.TestCase):
    lifespan = False

    def build(self, *makers):
        return lambda: application(*makers)

    def test_layers_of_each_kind(self):
        for makers in (
            (asynchronous, asynchronous, asynchronous),
            (synchronous, synchronous, synchronous),
            (mixin, mixin, mixin),
            (asynchronous, mixin, synchronous),
            (synchronous, asynchronous, mixin),
        ):
            with self.subTest([maker.__name__ for maker in makers]):
                found = self.check_layers(self.build(*makers))
                sync = [layer.sync for layer in found.layers[1:]]
                self.assertEqual(sync, [maker is not asynchronous for maker in makers])
                self.assertEqual({layer.style for layer in found.layers[1:]}, {"nested"})

    def test_the_handler_is_a_layer_of_the_framework(self):
        found = self.check_layers(self.build(asynchronous, mixin, synchronous))
        handler = found.layers[0]
        self.assertEqual((handler.name, handler.by), ("ASGIHandler", "framework"))
        self.assertFalse(handler.removable)
        self.assertEqual(found.layers[2].options, {"level": 3})
        self.assertEqual([layer.name for layer in found.layers[1:]], NAMES)
        self.assertEqual(found.layers[1].origin, "audited_site.layer_0")

    def test_shims_are_nested_and_see_the_view_hooks(self):
        self.check_layers(self.build(asynchronous, mixin, asynchronous))
        self.assertEqual(self.clock.inside[2], {1, 4})
        self.assertEqual(self.clock.calls, {0: 1, 1: 1, 2: 2, 3: 1, 4: 1})

    def test_layers_around_the_site(self):
        def build():
            return Mark(application(lambda _: asynchronous(MARKS[1])), MARKS[0])

        found = self.check_layers(build, 2)
        styles = [layer.style for layer in found.layers]
        self.assertEqual(styles, ["asgi", "asgi", "nested"])

    @unittest.skipUnless(importable("channels"), "needs channels")
    def test_a_site_behind_channels(self):
        def build():
            from channels.routing import ProtocolTypeRouter

            site = application(lambda _: synchronous(MARKS[1]), lambda _: asynchronous(MARKS[2]))
            return Mark(ProtocolTypeRouter({"http": site}), MARKS[0])

        found = self.check_layers(build)
        names = [layer.name for layer in found.layers]
        self.assertEqual(names[:3], ["Mark", "ProtocolTypeRouter", "ASGIHandler"])

    @unittest.skipUnless(importable("starlette"), "needs starlette")
    def test_a_site_mounted_in_another_application(self):
        def build():
            from starlette.applications import Starlette
            from starlette.middleware import Middleware
            from starlette.routing import Mount

            site = application(lambda _: asynchronous(MARKS[1]), lambda _: mixin(MARKS[2]))
            return Starlette(
                routes=[Mount("/site", site)], middleware=[Middleware(Mark, mark=MARKS[0])]
            )

        self.path = "/site/"
        found = self.check_layers(build)
        places = [layer.place for layer in found.layers if layer.style == "nested"]
        self.assertEqual(places, ["mount /site"] * 2)

    def test_a_site_without_middlewares(self):
        found, clock = audit(application(), scope_of()), Clock()
        self.assertEqual(self.ask(found.shimmed(clock))[0], 200)
        self.assertEqual(sorted(clock.calls), list(range(len(found.layers) + 1)))

    def test_the_setting_is_left_alone_by_shims(self):
        found = audit(application(asynchronous), scope_of())
        found.shimmed(Clock())
        self.assertEqual(conf.settings.MIDDLEWARE, ["audited_site.layer_0", "audited_site.unused"])


if __name__ == "__main__":
    unittest.main()
