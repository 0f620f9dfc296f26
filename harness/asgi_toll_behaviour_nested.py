"""What layers do that are no ASGI: they call what is inside of them with an object.

Its attributes stand for the scope, and what comes back for the response.
"""

from asgi_toll_behaviour_facts import same, scope_changed
from asgi_toll_behaviour_messages import snapshot

STATUS = ("status_code", "status")
BODY = ("content", "body")
PARTS = ("status", "headers", "body")


class Passage:
    """One call over the border outside of a layer."""

    def __init__(self, args):
        self.scope = snapshot(attributes_of(args[0])) if args else {}
        self.answer = None

    def note(self, response):
        """What the call gave."""
        self.answer = Answer(response)


class Answer:
    """A response as it was when it came by; None is what it does not tell."""

    def __init__(self, response):
        self.status = first_of(response, STATUS)
        self.headers = attempt(lambda: headers_of(response))
        body = first_of(response, BODY)
        body = first_of(body, BODY) if hasattr(body, "body") else body  # BlackSheep's content
        self.body = body if isinstance(body, (bytes, str)) else None


def attributes_of(request):
    """What a request holds, or the scope that it was made of."""
    return attempt(lambda: vars(request)) or attempt(lambda: request.scope) or {}


def first_of(holder, names):
    """The first of some attributes that is there and can be read."""
    values = (attempt(lambda name=name: getattr(holder, name)) for name in names)
    return next((value for value in values if value is not None), None)


def attempt(read):
    """What a function gives, or None: a response may refuse to be read."""
    try:
        return read()
    except Exception:
        return None


def headers_of(response):
    """The headers as text, and the cookies where they are kept apart."""
    headers = response.headers
    pairs = headers.items() if hasattr(headers, "items") else headers
    return [str(pair) for pair in pairs] + [str(getattr(response, "cookies", ""))]


def between(outer, inner):
    """The facts of what lies between two passages."""
    changes = ["scope"] if scope_changed(outer, inner) else []
    if outer.answer is not None and inner.answer is not None:
        pairs = [(getattr(outer.answer, p), getattr(inner.answer, p), p) for p in PARTS]
        changes += [part for one, other, part in pairs if not same(one, other)]
    return {"changes": sorted(changes), "idle": not changes}
