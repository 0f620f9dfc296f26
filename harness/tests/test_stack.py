"""Layers that are found in a built application."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import asgi_toll_stack  # noqa: E402


def layer(name, module="somewhere.middleware", attribute="app"):
    """A class of layers as frameworks have them."""

    def init(self, inside):
        setattr(self, attribute, inside)

    return type(name, (), {"__init__": init, "__call__": lambda *_: None, "__module__": module})


Errors, Cors, Router, Own = (
    layer("ErrorMiddleware"),
    layer("Cors", attribute="wrapped"),
    layer("Router"),
    layer("HeaderLayer", "asgi_toll_layers"),
)
Application = layer("Somewhere", "somewhere.app", "middleware_stack")
ERRORS, CORS = "somewhere.middleware.ErrorMiddleware", "somewhere.middleware.Cors"


async def endpoint(scope, receive, send):
    pass


class Stack(unittest.TestCase):
    def test_layers_are_found_from_the_outside_to_the_inside(self):
        app = Application(Errors(Own(Cors(Errors(Router(endpoint))))))
        self.assertEqual(asgi_toll_stack.layers(app), [ERRORS, CORS, ERRORS])

    def test_the_application_itself_is_none_also_inside_of_layers(self):
        app = Own(Cors(Application(Errors(endpoint))))
        self.assertEqual(asgi_toll_stack.layers(app), [CORS, ERRORS])

    def test_an_application_that_holds_itself_ends(self):
        app = Application(None)
        app.middleware_stack = Errors(app)
        self.assertEqual(asgi_toll_stack.layers(app), [ERRORS])
        self.assertEqual(asgi_toll_stack.layers(endpoint), [])


if __name__ == "__main__":
    unittest.main()
