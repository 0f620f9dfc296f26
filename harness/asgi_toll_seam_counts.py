"""What seams between the layers see of one request (see `asgi_toll_seams`)."""

import asgi_toll_seams
from asgi_toll_counts import WARM_UP_LEAST
from asgi_toll_direct import collector_off
from asgi_toll_request import ask
from asgi_toll_seam_record import SeamRecord
from asgi_toll_turns import settle


class SeamCounter:
    """Counts on one loop of one application that was built with seams."""

    def __init__(self, loop, selector):
        self.loop = loop
        self.selector = selector
        asgi_toll_seams.enable()

    def watch(self, app, request):
        """From now on counts `request` on `app`."""
        self.app = app
        self.request = request

    def repeat(self):
        """One repeat; count's name to number, none where no seams could be put in."""
        layers = asgi_toll_seams.layers_seen()
        if layers is None:
            return {}
        for _ in range(WARM_UP_LEAST):
            self.loop.run_until_complete(ask(self.app, self.request))
        record = SeamRecord(layers)
        with collector_off(), self.selector.rest:
            asgi_toll_seams.record_into(record)
            try:
                self.loop.run_until_complete(self.recorded())
            finally:
                asgi_toll_seams.record_into(None)
        return record.counts()

    async def recorded(self):
        """One request, and what it leaves to do."""
        await settle(self.loop, self.selector)
        await ask(self.app, self.request)
        await settle(self.loop, self.selector)
