"""What a change makes of applications of plain Python, and that it can be taken back."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from test_audit_client import ask, audit, scope_of  # noqa: E402

from asgi_toll_audit_change import Change  # noqa: E402
from asgi_toll_audit_given import accepted, given  # noqa: E402
from asgi_toll_audit_replace import layer_instead, named  # noqa: E402
from asgi_toll_audit_switch import Switch  # noqa: E402
from asgi_toll_failure import Failure  # noqa: E402

HERE = __name__


async def seen(scope, receive, send):
    """Answers with the names of the layers that the request came through."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope.get("seen", "").encode()})


class Layer:
    """Says in the scope that the request came by."""

    made = 0

    def __init__(self, app, name="other", level=1):
        type(self).made += 1
        self.app = app
        self.name = name
        self.level = level

    async def __call__(self, scope, receive, send):
        await self.app(dict(scope, seen=scope.get("seen", "") + self.name), receive, send)


class Other(Layer):
    def __init__(self, app):
        super().__init__(app, "*")


class Asks(Layer):
    def __init__(self, inner, *, secret):
        super().__init__(inner)


class Raises(Layer):
    def __init__(self, app):
        raise ValueError("no such plugin")


class ByName(Layer):
    def __init__(self, first=None, *, app):
        super().__init__(app, "n")


class Configured:
    """Its instances take an application, as Litestar's `ASGIMiddleware`."""

    def __init__(self, level=1):
        self.level = level

    def __call__(self, app):
        return Layer(app, f"c{self.level}")


class Holder:
    inside = Other


def closure(app):
    async def layer(scope, receive, send):
        await app(dict(scope, seen=scope.get("seen", "") + "f"), receive, send)

    return layer


def nothing(app):
    return None


def takes_nothing():
    return seen


def build(names="abcd"):
    async def app(scope, receive, send):
        await seen(scope, receive, send)

    for name in reversed(names):
        app = Layer(app, name)
    return app


def order_of(app):
    """The layers that a request comes through, by the names that they leave."""
    status, _, body = ask(app)
    return status, body.decode()


class Values(unittest.TestCase):
    def test_a_change_is_what_an_order_says(self):
        order = {"do": "variant", "without": [2], "replace": {"1": "m:C"}, "order": [3, 0]}
        change = Change.of(order)
        self.assertEqual(change, Change.made([2], {1: "m:C"}, [3, 0]))
        self.assertEqual(hash(change), hash(Change.of(order)))
        self.assertEqual(change.places(), {0, 1, 2, 3})
        self.assertEqual(Change.of({}), Change())

    def test_an_order_that_is_none_fails(self):
        for order in ({"replace": [1]}, {"without": ["x"]}, {"order": 3}, {"replace": {"x": "y"}}):
            with self.subTest(order), self.assertRaises(Failure):
                Change.of(order)

    def test_layers_take_one_anothers_positions(self):
        change = Change.made(without=[1], order=[3, 1, 0])
        self.assertEqual(change.sequence([0, 1, 2, 3]), [3, 2, 0])
        self.assertEqual(change.standing(range(4)), [3, None, 2, 0])
        self.assertEqual(change.moved(), [0, 3])
        self.assertEqual(Change.made(order=[1, 2, 3]).moved(), [])

    def test_a_part_of_a_change(self):
        change = Change.made([0, 3], {4: "m:C"}, [5, 3])
        self.assertEqual(change.within(3, 6), Change.made([0], {1: "m:C"}, [2, 0]))

    def test_options_are_those_that_are_taken_by_name(self):
        class Entry:
            cls = Layer
            args = ("x",)
            kwargs = {"level": 3}

        self.assertEqual(given(Entry), {"name": "x", "level": 3})
        self.assertEqual(accepted(Other, given(Entry)), {})
        self.assertEqual(accepted(Layer, {"level": 3, "app": 1, "more": 2}), {"level": 3})
        self.assertEqual(accepted(lambda app, **more: 0, {"app": 1, "more": 2}), {"more": 2})
        self.assertEqual(accepted(lambda x, y: 0, {"x": 1, "y": 2}, besides_first=True), {"y": 2})


class Names(unittest.TestCase):
    def test_what_is_named(self):
        for name in (f"{HERE}:Other", f"{HERE}.Other", f"{HERE}:Holder.inside"):
            with self.subTest(name):
                self.assertIs(named(name), Other)

    def test_what_names_nothing_says_what_to_do(self):
        for name, words in (
            ("Other", "write it as module:Class"),
            ("no_such_package.part:C", "there is no module 'no_such_package': correct its name, "),
            (f"{HERE}:Othr", f"module '{HERE}' has no 'Othr'; it has Other"),
            (f"{HERE}:HERE", "is of the type str, not a class or function"),
        ):
            with self.subTest(name), self.assertRaises(Failure) as caught:
                named(name)
            self.assertIn(words, caught.exception.message)

    def test_what_makes_no_layer_says_why(self):
        for name, words in (
            ("seen", "is an application: name what makes one around another"),
            ("Asks", "needs secret, which the layer in its place was not given"),
            ("takes_nothing", "does not take what it is to wrap as its first argument"),
            ("nothing", "gives something of the type NoneType, which is no layer"),
            ("Raises", "could not be built: ValueError: no such plugin"),
        ):
            with self.subTest(name), self.assertRaises(Failure) as caught:
                layer_instead(f"{HERE}:{name}", seen, {})
            self.assertIn(words, caught.exception.message)

    def test_ways_to_take_what_is_inside(self):
        given_to = {"level": 4, "other": 1, "first": 5}
        for name, told in (
            ("ByName", "n"), ("Configured", "c4"), ("closure", "f"), ("Layer", "other"),
        ):  # fmt: skip
            with self.subTest(name):
                app = layer_instead(f"{HERE}:{name}", seen, given_to)
                self.assertEqual(order_of(app), (200, told))


class Changed(unittest.TestCase):
    def check(self, told, **change):
        app = audit(build(), scope_of()).changed(Change.made(**change))
        self.assertEqual(order_of(app), (200, told))

    def test_another_order(self):
        self.check("bacd", order=[1, 0])
        self.check("dcba", order=[3, 2, 1, 0])
        self.check("cbad", order=[2, 0])
        self.check("adbc", order=[3, 1, 2])
        self.check("abcd", order=[0, 1, 2, 3])

    def test_another_layer(self):
        self.check("a*cd", replace={1: f"{HERE}:Other"})
        self.check("abcf", replace={3: f"{HERE}:closure"})
        self.check("**cd", replace={0: f"{HERE}:Other", 1: f"{HERE}:Other"})

    def test_all_together(self):
        self.check("d*a", without=[1], replace={2: f"{HERE}:Other"}, order=[3, 0])
        self.check("*c", without=[0, 1], replace={3: f"{HERE}:Other"}, order=[3, 0, 2, 1])

    def test_layers_of_other_kinds(self):
        def made():
            return Layer(closure(Other(closure(Layer(seen, "e")))), "a")

        found = audit(made(), scope_of())
        self.assertEqual(len(found.layers), 5)
        app = found.changed(Change.made(order=[3, 4, 2, 0, 1]))
        self.assertEqual(order_of(app), (200, "fe*af"))


class Impossible(unittest.TestCase):
    def refuse(self, words, app=None, **change):
        app = app or build()
        found = audit(app, scope_of())
        with self.assertRaises(Failure) as caught:
            found.changed(Change.made(**change))
        self.assertIn(words, caught.exception.message)
        self.assertEqual(order_of(found.root.get())[0], 200)

    def test_places_that_make_no_sense(self):
        self.refuse("there is no layer at place 4", without=[4])
        self.refuse("there is no layer at place -1", order=[-1, 2])
        self.refuse("named twice", order=[1, 1])
        self.refuse("either taken out or replaced", without=[1], replace={1: f"{HERE}:Other"})

    def test_layers_around_a_router(self):
        class SomeRouter:
            def __init__(self, routes):
                self.routes = routes

            async def __call__(self, scope, receive, send):
                await self.routes(dict(scope, seen=scope["seen"] + "r"), receive, send)

        def app():
            return Layer(SomeRouter(Other(Layer(seen, "c"))), "a")

        self.refuse("SomeRouter cannot be taken out: it decides", app(), without=[1])
        self.refuse("SomeRouter cannot be replaced: it", app(), replace={1: f"{HERE}:Other"})
        self.refuse("SomeRouter cannot be moved: it decides", app(), order=[1, 0])
        self.refuse("Other (around the application) does not stand in one", app(), order=[2, 0])
        changed = audit(app(), scope_of()).changed(Change.made(order=[3, 2]))
        self.assertEqual(order_of(changed), (200, "arc*"))


class ToAndFro(unittest.TestCase):
    CHANGES = (
        (Change.made(order=[3, 1, 0, 2]), "dbac"),
        (Change.made(without=[0, 3]), "bc"),
        (Change.made(replace={3: f"{HERE}:Other"}, order=[3, 2, 1, 0]), "*cba"),
        (Change.made([1], {2: f"{HERE}:Other"}, [2, 0]), "*ad"),
        (Change.made(without=range(4)), ""),
    )

    def test_the_very_objects_come_back(self):
        app = build()
        layers = [app, app.app, app.app.app, app.app.app.app]
        inside = [layer.app for layer in layers]
        switch = Switch(audit(app, scope_of()))
        for _ in range(3):
            for change, told in self.CHANGES:
                self.assertEqual(order_of(switch.to(change)), (200, told))
                self.assertIs(switch.to(Change()), app)
                for layer, held in zip(layers, inside):
                    self.assertIs(layer.app, held)
                self.assertEqual(order_of(app), (200, "abcd"))

    def test_from_one_change_to_another(self):
        switch = Switch(audit(build(), scope_of()))
        for change, told in (*self.CHANGES, *reversed(self.CHANGES)):
            self.assertEqual(order_of(switch.to(change)), (200, told))

    def test_what_is_put_in_is_built_once(self):
        switch = Switch(audit(build(), scope_of()))
        change = Change.made(replace={1: f"{HERE}:Other"})
        Other.made = 0
        for _ in range(5):
            switch.to(change)
            switch.to(Change())
        self.assertEqual(Other.made, 1)

    def test_a_change_that_fails_leaves_everything_as_it_was(self):
        app = build()
        switch = Switch(audit(app, scope_of()))
        with self.assertRaises(Failure):
            switch.to(Change.made(replace={1: f"{HERE}:Raises"}, order=[3, 0]))
        self.assertIs(switch.to(Change()), app)
        self.assertEqual(order_of(app), (200, "abcd"))


if __name__ == "__main__":
    unittest.main()
