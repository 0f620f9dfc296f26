"""What the endpoints of the workloads answer with; every subject uses these.

One place for the sizes, so that `large-200k` is the same 204800 characters in
every framework.
"""

CHUNK = b"x" * 1024
CHUNKS = 100
TEXT_1K = "x" * 1000
LARGE = "x" * 204800
ERROR = "asgi-toll: the error that was asked for"


class Produced:
    """How many chunks the endpoint has given so far.

    Compared with what has come out at the outer end, it tells whether a layer
    holds a stream back.
    """

    def __init__(self):
        self.count = 0


class Noted:
    """How many background tasks have run."""

    def __init__(self):
        self.count = 0


PRODUCED = Produced()
NOTED = Noted()


async def chunks():
    """The body of `stream-100x1k`, for frameworks that stream asynchronously."""
    for _ in range(CHUNKS):
        PRODUCED.count += 1
        yield CHUNK


def sync_chunks():
    """The body of `stream-100x1k`, for frameworks that stream from an iterator."""
    for _ in range(CHUNKS):
        PRODUCED.count += 1
        yield CHUNK


async def note():
    """The background task of `background-task`."""
    NOTED.count += 1
