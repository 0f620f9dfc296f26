"""The user's own application under a real server, whole or without some of its layers.

ASGI_TOLL_REQUEST   the request whose way leads through the layers, JSON: as in the order
                    `start` of the driver, without its body
ASGI_TOLL_WITHOUT   the layers that it is without, by their places from outside: `0,2,5`
"""

import json

import asgi_toll_project
from asgi_toll_audit import audit
from asgi_toll_request import Request


OWN = ("ASGI_TOLL_REQUEST", "ASGI_TOLL_WITHOUT")


def build(environment):
    """The application as `environment` asks for it; the lifespan is the server's to run."""
    # The values of headers may be secrets: the application and what it starts do not see them.
    asked, without = (environment.pop(name, "") for name in OWN)
    app = asgi_toll_project.load().application()
    removed = places(without)
    if removed:
        request = Request(json.loads(asked))
        app = audit(app, request.scope()).without(removed)
    return as_function(app)


def places(text):
    """The places in `text`: numbers with commas between them, or nothing."""
    return frozenset(int(place) for place in text.split(",") if place.strip())


def as_function(app):
    """`app` as a coroutine function, with and without layers alike.

    Servers guess the interface of anything else, and what is inside of a layer may be a bound
    method, for which some guess ASGI 2.
    """

    async def serve(scope, receive, send):
        await app(scope, receive, send)

    return serve
