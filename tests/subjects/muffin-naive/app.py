"""Muffin with one function object registered again and again; Muffin keeps it once."""

import json

from muffin import Application, ResponseJSON


async def add_count(app, request, receive, send):
    response = await app(request, receive, send)
    payload = json.loads(response.content)
    payload["count"] += 1
    return ResponseJSON(payload)


def build(kind, middlewares, workload):
    """A Muffin application with `add_count` registered `middlewares` times."""
    app = Application()

    @app.route("/_ping")
    async def ping(request):
        return {"count": 0}

    for _ in range(middlewares):
        app.middleware(add_count)
    return app
