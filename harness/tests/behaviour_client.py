"""What the tests of behaviour share: an application in a cell, and what is told of its layers."""

import base64
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from test_audit_client import importable  # noqa: E402

from asgi_toll_audit_cell import AuditCell  # noqa: E402
from asgi_toll_cell import obey  # noqa: E402

__all__ = ["behaviour", "importable", "names", "of"]

GET = {"type": "http", "method": "GET", "path": "/", "headers": [], "pieces": 1}


def behaviour(app, path="/", body=b"", headers=(), lifespan="off", loop="asyncio", **more):
    """The facts of each layer of `app`, outermost first, with the layer's name."""
    request = dict(GET, path=path, headers=list(headers), **more)
    if body:
        request.update(method="POST", body_base64=base64.b64encode(body).decode())
    cell = AuditCell(lambda: app, {"do": "cell", "middlewares": 0, "behaviour": True}, loop)
    try:
        answer = obey(cell, {"do": "start", "request": request, "lifespan": lifespan})
        assert answer["status"] < 500, answer
        layers = obey(cell, {"do": "layers"})["layers"]
        event = obey(cell, {"do": "behaviour"})
        again = obey(cell, {"do": "behaviour"})
        obey(cell, {"do": "stop"})
    finally:
        cell.loop.close()
    assert sys.getprofile() is None
    assert json.loads(json.dumps(event)) == event, event
    assert event["event"] == "behaviour", event
    check_same(event["layers"], again["layers"])
    return [dict(facts, layer=told["name"]) for told, facts in zip(layers, event["layers"])]


def check_same(facts, again):
    """Two runs tell the same."""
    for one, other in zip(facts, again):
        differ = {key: (one[key], other[key]) for key in one if one[key] != other[key]}
        assert not differ, differ


def of(found, name):
    """The facts of the layer that is called so."""
    (facts,) = [each for each in found if each["layer"] == name]
    return facts


def names(places):
    """The last parts of the names and files of places or functions."""
    return [(Path(each["file"]).name, each["name"].rpartition(".")[2]) for each in places]
