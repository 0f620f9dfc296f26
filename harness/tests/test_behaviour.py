"""What layers of plain Python are seen to do with a request."""

import asyncio
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from behaviour_client import behaviour, importable, names  # noqa: E402

from asgi_toll_audit_cell import AuditCell  # noqa: E402
from asgi_toll_calibration import (  # noqa: E402
    BufferLayer,
    BufferRequestLayer,
    NewTaskLayer,
    SleepLayer,
    ThreadHopLayer,
)
from asgi_toll_cell import obey  # noqa: E402
from asgi_toll_failure import Failure  # noqa: E402
from asgi_toll_layers import HeaderLayer  # noqa: E402

LOOPS = ["asyncio", *(["uvloop"] if importable("uvloop") else [])]


class Inner:
    """Answers with what it was asked, in as many messages."""

    async def __call__(self, scope, receive, send):
        headers = [(b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        more = True
        while more:
            message = await receive()
            more = message["more_body"]
            body = message["body"] or b"nothing"
            await send({"type": "http.response.body", "body": body, "more_body": more})


class Layer:
    """Does nothing."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


class Changes(Layer):
    """Changes all that can be changed."""

    async def __call__(self, scope, receive, send):
        async def change_receive():
            message = await receive()
            return dict(message, body=message["body"].upper())

        async def change_send(message):
            if message["type"] == "http.response.start":
                message = dict(message, status=201, headers=[*message["headers"], (b"x", b"1")])
            else:
                message = dict(message, body=message["body"] + b"!")
            await send(message)

        scope.setdefault("state", {})["seen"] = True
        await self.app(scope, change_receive, change_send)


class ChangesInPlace(Layer):
    """Adds a header to the list that it is given, and one to the request's."""

    async def __call__(self, scope, receive, send):
        async def change(message):
            if message["type"] == "http.response.start":
                message["headers"].append((b"x", b"1"))
            await send(message)

        scope["headers"].append((b"x", b"1"))
        await self.app(scope, receive, change)


class Answers(Layer):
    """Never calls what is inside of it."""

    async def __call__(self, scope, receive, send):
        await Inner()(scope, receive, send)


class RepeatsStart(Layer):
    """Sends the start before each part of the body."""

    async def __call__(self, scope, receive, send):
        start = []

        async def hold(message):
            if message["type"] == "http.response.start":
                start.append(message)
                return
            await send(start[0])
            await send(message)

        await self.app(scope, receive, hold)


class EndsTwice(Layer):
    """Sends an empty message at the end."""

    async def __call__(self, scope, receive, send):
        async def send_more(message):
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                await send(dict(message, more_body=True))
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        await self.app(scope, receive, send_more)


class Passed(unittest.TestCase):
    def test_a_layer_that_does_nothing_is_idle(self):
        facts = behaviour(Layer(Inner()))[0]
        self.assertEqual((facts["reached"], facts["answers_itself"], facts["idle"]), (1, 0, 1))
        self.assertEqual((facts["changes"], facts["wraps"]), ([], []))
        self.assertEqual(facts["calls"], 1)
        (function,) = facts["functions"]
        self.assertEqual(function["file"], os.path.abspath(__file__))
        self.assertEqual(function["calls"], 1)
        self.assertTrue(function["name"].endswith("__call__"), function)

    def test_what_is_changed(self):
        found = behaviour(Layer(Changes(Layer(Inner()))), body=b"hello")
        changes = ["body", "headers", "request", "scope", "status"]
        self.assertEqual([facts["changes"] for facts in found], [[], changes, []])
        self.assertEqual([facts["idle"] for facts in found], [True, False, True])
        self.assertEqual([facts["wraps"] for facts in found], [[], ["receive", "send"], []])

    def test_what_is_changed_in_place(self):
        found = behaviour(Layer(ChangesInPlace(Layer(Inner()))))
        self.assertEqual([each["changes"] for each in found], [[], ["headers", "scope"], []])

    def test_the_functions_of_a_layer_are_its_own(self):
        layer, header, innermost = behaviour(Layer(HeaderLayer(Changes(Inner()), (b"a", b"b"))))
        self.assertEqual(layer["calls"], 1)
        self.assertEqual(
            {Path(f["file"]).name for f in header["functions"]}, {"asgi_toll_layers.py"}
        )
        called = [("test_behaviour.py", name) for name in ("change_send", "__call__")]
        self.assertEqual(names(innermost["functions"])[:2], called)

    def test_a_layer_that_answers_itself(self):
        found = behaviour(Layer(Answers(Layer(Inner()))))
        told = [(each["reached"], each["answers_itself"], each["idle"]) for each in found]
        self.assertEqual(told, [(True, False, True), (True, True, False), (False, False, None)])
        self.assertIsNone(found[1]["changes"])
        self.assertEqual(found[2]["functions"], [])

    def test_layers_of_websockets(self):
        async def echo(scope, receive, send):
            await receive()
            await send({"type": "websocket.accept"})
            message = await receive()
            await send({"type": "websocket.send", "text": message["text"]})

        found = behaviour(Layer(HeaderLayer(Layer(echo), (b"a", b"b"))), type="websocket")
        self.assertEqual([each["changes"] for each in found], [[], ["headers"], []])


class Held(unittest.TestCase):
    def test_a_response_that_is_held_back(self):
        for loop in LOOPS:
            found = behaviour(Layer(BufferLayer(NewTaskLayer(Inner()))), loop=loop)
            self.assertEqual([each["buffers_response"] for each in found], [False, True, False])
            self.assertEqual([each["delays_start"] for each in found], [False, True, False])
            self.assertEqual([each["changes"] for each in found], [[], [], []])
            self.assertEqual([each["idle"] for each in found], [True, False, True])

    def test_two_that_hold_it_back(self):
        found = behaviour(BufferLayer(Layer(BufferLayer(Inner()))))
        self.assertEqual([each["buffers_response"] for each in found], [True, False, True])

    def test_a_response_of_several_messages(self):
        found = behaviour(Layer(BufferLayer(Inner())), body=b"abcdef", pieces=3)
        self.assertEqual([each["buffers_response"] for each in found], [False, True])
        self.assertEqual([each["extra_messages"] for each in found], [0, 0])

    def test_a_request_that_is_read_before(self):
        for body, pieces in ((b"", 1), (b"hello", 2)):
            found = behaviour(Layer(BufferRequestLayer(Inner())), body=body, pieces=pieces)
            self.assertEqual([each["buffers_request"] for each in found], [False, True])
            self.assertEqual([each["wraps"] for each in found], [[], ["receive"]])
            self.assertEqual([each["changes"] for each in found], [[], []])

    def test_messages_that_a_layer_adds(self):
        found = behaviour(Layer(EndsTwice(Layer(Inner()))))
        self.assertEqual([each["extra_messages"] for each in found], [0, 1, 0])
        self.assertEqual([each["buffers_response"] for each in found], [False] * 3)

    def test_a_layer_that_cannot_stand_pieces(self):
        found = behaviour(Layer(RepeatsStart(BufferLayer(Inner()))))
        self.assertEqual([each["repeats_start"] for each in found], [False, True, False])
        self.assertEqual([each["delays_start"] for each in found], [False, True, True])


class Handed(unittest.TestCase):
    def test_work_for_threads(self):
        def work():
            return sorted(range(20), key=twice)

        def twice(number):
            return 2 * number

        class Works(Layer):
            async def __call__(self, scope, receive, send):
                await asyncio.get_running_loop().run_in_executor(None, work)
                await self.app(scope, receive, send)

        for loop in LOOPS:
            found = behaviour(Layer(Works(ThreadHopLayer(Inner()))), loop=loop)
            places = [names(each["threads_from"]) for each in found]
            hop = ("asgi_toll_calibration.py", "__call__")
            self.assertEqual(places, [[], [("test_behaviour.py", "__call__")], [hop]])
            self.assertIn(("test_behaviour.py", "twice"), names(found[1]["functions"]))

    def test_tasks(self):
        for loop in LOOPS:
            found = behaviour(Layer(NewTaskLayer(Layer(SleepLayer(Inner(), 0)))), loop=loop)
            places = [names(each["tasks_from"]) for each in found]
            self.assertEqual(places, [[], [("asgi_toll_calibration.py", "__call__")], [], []])
            self.assertEqual(found[1]["tasks_from"][0]["calls"], 1)
            self.assertEqual(found[2]["calls"], 1)

    def test_routes_that_are_walked(self):
        class Route:
            def matches(self, scope):
                return False

        class Special(Route):
            def matches(self, scope):
                return super().matches(scope)

        class Walks(Layer):
            def look(self, scope):
                return [route.matches(scope) for route in (Route(), Special(), Route())]

            async def __call__(self, scope, receive, send):
                self.look(scope)
                await self.app(scope, receive, send)

        found = behaviour(Layer(Walks(Inner())))
        if sys.version_info >= (3, 11):  # the file's name does not speak of routes
            self.assertEqual([each["route_matches"] for each in found], [0, 3])
            self.assertEqual(found[1]["routes_walked_from"]["file"], os.path.abspath(__file__))
        self.assertIsNone(found[0]["routes_walked_from"])


class Orders(unittest.TestCase):
    def test_a_cell_that_was_not_asked_for_with_it(self):
        cell = AuditCell(lambda: Layer(Inner()), {"do": "cell"}, "asyncio")
        request = {"type": "http", "path": "/"}
        obey(cell, {"do": "start", "request": request, "lifespan": "off"})
        with self.assertRaises(Failure):
            obey(cell, {"do": "behaviour"})
        cell.loop.close()


if __name__ == "__main__":
    unittest.main()
