"""What the audit finds in applications of plain Python, and what it can do to them."""

import functools
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from test_audit_client import MARKS, Checks, Clock, ask, audit, marks_of, scope_of  # noqa: E402

from asgi_toll_audit_path import Path as Walk  # noqa: E402
from asgi_toll_layers import HeaderLayer  # noqa: E402


async def hello(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-hello", b"1")]})
    await send({"type": "http.response.body", "body": b"hello"})


def marked(send, mark):
    """`send` that adds a header."""

    async def send_marked(message):
        if message["type"] == "http.response.start":
            message = dict(message, headers=[*message["headers"], (mark, b"1")])
        await send(message)

    return send_marked


class Attributes:
    """Keeps the inner application under a usual name."""

    def __init__(self, app, mark, level=9, token="secret"):
        self.app = app
        self.mark = mark
        self.level = level
        self.token = token
        self.ratio = 0.5
        self._hidden = 1

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, marked(send, self.mark))


class Slots:
    """Keeps it in a private slot of an unusual name."""

    __slots__ = ("__beneath", "mark")

    def __init__(self, beneath, mark):
        self.__beneath = beneath
        self.mark = mark

    async def __call__(self, scope, receive, send):
        await self.__beneath(scope, receive, marked(send, self.mark))


class Method:
    """Is served by a bound method."""

    def __init__(self, inner, mark):
        self.inner = inner
        self.mark = mark

    async def serve(self, scope, receive, send):
        await self.inner(scope, receive, marked(send, self.mark))


def closure(app, mark):
    async def wrapped(scope, receive, send):
        await app(scope, receive, marked(send, mark))

    return wrapped


def decorated(app, mark):
    @functools.wraps(app)
    async def wrapped(*args, **kwargs):
        scope, receive, send = args
        await app(scope, receive, marked(send, mark), **kwargs)

    return wrapped


async def keyword_layer(scope, receive, send, app=None, mark=b""):
    await app(scope, receive, marked(send, mark))


async def argument_layer(app, mark, scope, receive, send):
    await app(scope, receive, marked(send, mark))


LAYERS = {
    "attributes": Attributes,
    "slots": Slots,
    "method": lambda app, mark: Method(app, mark).serve,
    "closure": closure,
    "decorated": decorated,
    "keyword": lambda app, mark: functools.partial(keyword_layer, app=app, mark=mark),
    "argument": lambda app, mark: functools.partial(argument_layer, app, mark),
}


def chain(*makers):
    """An application in three layers, outermost first."""

    def build():
        async def app(scope, receive, send):
            await hello(scope, receive, send)

        for maker, mark in reversed(list(zip(makers, MARKS))):
            app = maker(app, mark)
        return app

    return build


class Chains(Checks, unittest.TestCase):
    def test_each_way_to_hold_the_inner_application(self):
        for name, maker in LAYERS.items():
            with self.subTest(name):
                self.check_layers(chain(maker, maker, maker))

    def test_ways_mixed(self):
        makers = list(LAYERS.values())
        for first in range(len(makers)):
            mixed = [makers[(first + n) % len(makers)] for n in range(3)]
            with self.subTest(list(LAYERS)[first]):
                self.check_layers(chain(*mixed))

    def test_neighbours_can_be_taken_out_together(self):
        build = chain(Attributes, closure, Slots)
        for removed, left in (({0, 1}, [2]), ({1, 2}, [0]), ({0, 2}, [1])):
            told = ask(audit(build(), scope_of()).without(removed))
            self.assertEqual(marks_of(told[1]), [MARKS[n] for n in left])

    def test_shims_are_nested_as_the_layers_are(self):
        found, clock = audit(chain(Attributes, closure, Slots)(), scope_of()), Clock()
        ask(found.shimmed(clock))
        self.assertEqual(clock.inside, {0: set(), 1: {0}, 2: {1}, 3: {2}})
        self.assertEqual(clock.calls, {0: 1, 1: 1, 2: 1, 3: 1})

    def test_the_harness_own_layer(self):
        def build():
            app = hello
            for mark in reversed(MARKS):
                app = HeaderLayer(app, (mark, b"1"))
            return app

        self.check_layers(build)


class Ends(unittest.TestCase):
    def test_a_plain_function_has_no_layers(self):
        found, clock = audit(hello, scope_of()), Clock()
        self.assertEqual(found.layers, [])
        self.assertIs(found.without(set()), hello)
        self.assertEqual(ask(found.shimmed(clock))[2], b"hello")
        self.assertEqual(clock.calls, {0: 1})

    def test_a_chain_that_bites_its_tail_ends(self):
        first = Attributes(None, b"a")
        first.app = Attributes(first, b"b")
        self.assertLessEqual(len(audit(first, scope_of()).layers), 2)

    def test_what_calls_itself_ends(self):
        layer = Attributes(None, b"a")
        layer.app = layer
        self.assertEqual(audit(layer, scope_of()).layers, [])

    def test_an_application_in_a_global(self):
        space = {"inner": Attributes(hello, MARKS[0]), "helper": closure(hello, b"x")}
        source = "async def app(scope, receive, send):\n    await inner(scope, receive, send)\n"
        exec(source, space)
        found = audit(space["app"], scope_of())
        self.assertEqual([layer.name for layer in found.layers], ["app", "Attributes"])
        self.assertEqual(marks_of(ask(found.without({1}))[1]), [])

    def test_what_routes_cannot_be_taken_out(self):
        class Framework:
            async def __call__(self, scope, receive, send):
                await self.routes(scope, receive, send)

        class SomeRouter(Framework):
            pass

        class WrapperApp(Attributes):
            pass

        router = SomeRouter()
        router.routes = Attributes(hello, MARKS[1])
        found = audit(WrapperApp(router, MARKS[0]), scope_of())
        self.assertEqual([layer.removable for layer in found.layers], [True, False, True])
        router.routes = hello
        self.assertEqual(len(audit(router, scope_of()).layers), 0)

    def test_one_of_two_is_not_followed(self):
        class Either:
            def __init__(self):
                self.one = chain()()
                self.other = chain()()

            async def __call__(self, scope, receive, send):
                await self.one(scope, receive, send)

        self.assertEqual(audit(Either(), scope_of()).layers, [])

    def test_a_framework_that_is_not_as_expected_ends_the_search(self):
        class Broken:
            @staticmethod
            def knows(held):
                return isinstance(held, Slots)

            @staticmethod
            def follow(path, link, held):
                raise AttributeError("no such attribute")

        app = chain(Attributes, Slots)()
        path = Walk(app, scope_of(), [Broken]).walk()
        self.assertEqual(path.problem, "AttributeError: no such attribute")
        self.assertEqual([layer.name for layer in path.chain.layers()], ["Attributes"])
        self.assertIsNone(audit(app, scope_of()).problem)

    def test_what_is_no_application_is_not_followed(self):
        class Wsgi:
            async def __call__(self, scope, receive, send):
                await hello(scope, receive, send)

        app = Wsgi()
        app.app = lambda environ, start_response: []
        self.assertEqual(audit(app, scope_of()).layers, [])


class Told(unittest.TestCase):
    def test_what_is_told_of_a_class(self):
        layer = audit(Attributes(hello, b"m"), scope_of()).layers[0]
        told = json.loads(json.dumps(layer.told()))
        self.assertEqual(told["name"], "Attributes")
        self.assertEqual(told["origin"], f"{__name__}.Attributes")
        self.assertEqual((told["distribution"], told["version"]), (None, None))
        self.assertEqual(told["file"], __file__)
        self.assertEqual(told["line"], find_line("class Attributes"))
        self.assertEqual((told["added_by"], told["style"]), ("application", "asgi"))
        self.assertTrue(told["removable"])

    def test_options_hold_no_text(self):
        layer = audit(Attributes(hello, b"m"), scope_of()).layers[0]
        self.assertEqual(layer.options, {"level": 9, "ratio": 0.5})

    def test_a_closure_is_called_as_its_factory(self):
        layer = audit(closure(hello, b"m"), scope_of()).layers[0]
        self.assertEqual(layer.name, "closure")
        self.assertEqual(layer.line, find_line("async def wrapped(scope"))

    def test_a_decorator_is_not_called_as_what_it_decorates(self):
        layer = audit(decorated(hello, b"m"), scope_of()).layers[0]
        self.assertIn(layer.name, ("decorated", "wrapped"))


def find_line(text):
    with open(__file__) as file:
        return next(n for n, line in enumerate(file, 1) if line.strip().startswith(text))


if __name__ == "__main__":
    unittest.main()
