"""The ASGI lifespan, as servers run it: one task from start-up to shutdown."""

import asyncio

from asgi_toll_failure import LIFESPAN_FAILED, Failure, last_lines, one_line

SCOPE = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}}


class Lifespan:
    """The lifespan of one application.

    `mode` is `on` (an application without lifespan fails), `auto` (it goes
    without) or `off`.
    """

    def __init__(self, app, mode):
        self.app = app
        self.mode = mode
        self.state = {}
        self.task = None
        self.error = None
        self.ended = False
        self.heard = None

    @property
    def runs(self):
        """Whether the application keeps its lifespan open."""
        return self.task is not None and not self.ended

    async def startup(self):
        """Starts the application; the state for its requests, or None without one."""
        if self.mode == "off":
            return None
        self.inbox = asyncio.Queue()
        self.task = asyncio.ensure_future(self.live())
        await self.phase("startup")
        return self.state if self.runs else None

    async def shutdown(self):
        """Ends the application, if it runs."""
        if self.runs:
            await self.phase("shutdown")

    async def live(self):
        """The application's task."""
        scope = dict(SCOPE, asgi=dict(SCOPE["asgi"]), state=self.state)
        try:
            await self.app(scope, self.inbox.get, self.send)
        except (Exception, asyncio.CancelledError) as error:
            self.error = error
        self.ended = True
        self.wake()

    async def phase(self, name):
        """Asks for one phase and waits for its end."""
        self.answer = None
        self.heard = asyncio.get_running_loop().create_future()
        self.inbox.put_nowait({"type": "lifespan." + name})
        await self.heard
        self.judge(name)

    async def send(self, message):
        """Takes what the application says of a phase."""
        self.answer = message
        self.wake()

    def wake(self):
        """Something was heard of the application."""
        if not self.heard.done():
            self.heard.set_result(None)

    def judge(self, name):
        """Raises if the phase `name` went wrong."""
        answer = self.answer or {}
        kind = answer.get("type")
        if kind == f"lifespan.{name}.failed":
            reason = answer.get("message") or "no reason given"
            lines = str(reason).splitlines()
            raise Failure(LIFESPAN_FAILED, f"{kind}: {lines[-1].strip()}", lines)
        if self.error is not None and kind is None and (self.mode == "on" or name == "shutdown"):
            raise Failure(LIFESPAN_FAILED, one_line(self.error), last_lines(self.error))
        if kind not in (None, f"lifespan.{name}.complete"):
            raise Failure(LIFESPAN_FAILED, f"unexpected message {kind!r} in {name}")
