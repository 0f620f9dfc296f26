"""What is counted beside running code: messages, and collections of garbage."""

import gc

import asgi_toll_workloads


class Tally:
    """Messages of one request."""

    def __init__(self):
        self.sent = 0
        self.received = 0
        self.received_bytes = 0
        self.before_first = None

    def receives(self, message):
        """The application receives `message`."""
        self.received += 1
        self.received_bytes += len(message.get("body") or b"")

    def sends(self, message):
        """The application sends `message`."""
        self.sent += 1
        if self.before_first is None and message.get("body"):
            self.before_first = asgi_toll_workloads.PRODUCED.count

    def counts(self, body_bytes):
        """Count's name to number."""
        counts = {
            "messages_sent": self.sent,
            "messages_received": self.received,
            "body_bytes_received": self.received_bytes,
            "body_bytes_sent": body_bytes,
        }
        # Only an endpoint that streams produces chunks.
        if asgi_toll_workloads.PRODUCED.count and self.before_first is not None:
            counts["chunks_before_first"] = self.before_first
        return counts


class Collections:
    """Counts collections of garbage: the usual reason why counts differ."""

    def __init__(self):
        self.runs = 0

    def __enter__(self):
        gc.callbacks.append(self.note)
        return self

    def __exit__(self, *_error):
        gc.callbacks.remove(self.note)

    def note(self, phase, _info):
        """Called by the collector."""
        self.runs += phase == "start"
