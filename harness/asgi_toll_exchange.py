"""Both ends of one request: what `receive` gives and what `send` takes.

Written to cost little and to behave like a server: `receive` waits once the
request is read, a message out of turn is refused.
"""

import asyncio

from asgi_toll_failure import APP_RAISED, NO_ANSWER, WRONG_PROTOCOL, Failure

NEW, STARTED, COMPLETE, BROKEN = range(4)
STAGES = ("before the answer", "within the answer", "after a whole answer", "after an error")
TEXT = "toll"
NORMAL_CLOSURE = 1000
REJECTED = 403
SWITCHING_PROTOCOLS = 101


class OutOfTurn(RuntimeError):
    """The application sent a message that ASGI does not allow where it stood."""


class Exchange:
    """What HTTP and WebSocket requests have in common."""

    __slots__ = (
        "pieces", "given", "stage", "status", "headers", "body_bytes", "kept", "waiters", "fault",
    )  # fmt: skip

    def __init__(self, pieces, kept=None):
        """`pieces` of the body to send; `kept` is a list that gets the answer's body."""
        self.pieces = pieces
        self.kept = kept
        self.given = 0
        self.stage = NEW
        self.status = 0
        self.headers = ()
        self.body_bytes = 0
        self.waiters = None
        self.fault = None

    async def changed(self):
        """Waits until `wake` is called."""
        waiter = asyncio.get_running_loop().create_future()
        if self.waiters is None:
            self.waiters = []
        self.waiters.append(waiter)
        await waiter

    def wake(self):
        """Lets everybody go on who waits for the answer to get further."""
        waiters, self.waiters = self.waiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)

    def refuse(self, kind):
        """Raises for a message of type `kind` that must not come now."""
        fault = OutOfTurn(f"unexpected ASGI message {kind!r} {STAGES[self.stage]}")
        # The first one is the cause of those that follow.
        self.fault = self.fault or fault
        self.stage = BROKEN
        self.wake()
        raise fault

    def fail(self, error):
        """Raises what is wrong with an exchange that is not complete.

        `error` is the exception that the application ended with, or None.
        """
        if self.fault is not None:
            raise Failure.of(WRONG_PROTOCOL, self.fault)
        if error is not None:
            raise Failure.of(APP_RAISED, error)
        raise Failure(NO_ANSWER, f"the application returned {STAGES[self.stage]} was complete")


class HttpExchange(Exchange):
    """One HTTP request."""

    __slots__ = ()

    async def receive(self):
        """The request's pieces, then `http.disconnect` once the answer is complete."""
        given = self.given
        if given < len(self.pieces):
            self.given = given + 1
            more = self.given < len(self.pieces)
            return {"type": "http.request", "body": self.pieces[given], "more_body": more}
        while self.stage < COMPLETE:
            await self.changed()
        return {"type": "http.disconnect"}

    async def send(self, message):
        """Takes the answer."""
        kind = message["type"]
        if kind == "http.response.body" and self.stage == STARTED:
            body = message.get("body", b"")
            self.body_bytes += len(body)
            if self.kept is not None:
                self.kept.append(bytes(body))
            if not message.get("more_body", False):
                self.stage = COMPLETE
                if self.waiters is not None:
                    self.wake()
        elif kind == "http.response.start" and self.stage == NEW:
            self.stage = STARTED
            self.status = message["status"]
            self.headers = message.get("headers", ())
        else:
            self.refuse(kind)


class WebsocketExchange(Exchange):
    """One connection: open, send one text, wait for its echo, close."""

    __slots__ = ()

    async def receive(self):
        """`connect`, then the text once accepted, then `disconnect` once echoed."""
        given = self.given
        if given == 0:
            self.given = 1
            return {"type": "websocket.connect"}
        while self.stage == NEW:
            await self.changed()
        if given == 1 and self.stage == STARTED:
            self.given = 2
            return {"type": "websocket.receive", "text": TEXT}
        while self.stage < COMPLETE:
            await self.changed()
        return {"type": "websocket.disconnect", "code": NORMAL_CLOSURE, "reason": ""}

    async def send(self, message):
        """Takes the answer."""
        kind = message["type"]
        if kind == "websocket.send" and self.stage == STARTED:
            text = message.get("text")
            body = message["bytes"] if text is None else text.encode("utf-8")
            self.body_bytes += len(body)
            if self.kept is not None:
                self.kept.append(bytes(body))
            self.stage = COMPLETE
        elif kind == "websocket.accept" and self.stage == NEW:
            self.stage = STARTED
            self.status = SWITCHING_PROTOCOLS
            self.headers = message.get("headers", ())
        elif kind == "websocket.close" and self.stage < BROKEN:
            self.status = self.status or REJECTED
            self.stage = COMPLETE
        else:
            self.refuse(kind)
        self.wake()
