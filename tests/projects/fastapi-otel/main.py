"""FastAPI as OpenTelemetry's own instrumentation traces it.

EXCLUDE_SPANS=1 leaves out the spans of single `receive` and `send` events.

Layers, outermost first. None of them is in `app.user_middleware`; the instrumentation replaces
`app.build_middleware_stack`:

1. ServerErrorMiddleware         a second one, put on by the instrumentation
2. OpenTelemetryMiddleware       opentelemetry-instrumentation-asgi
3. ServerErrorMiddleware         Starlette's own
4. ExceptionHandlerMiddleware    put on by the instrumentation, a class inside a function
5. ExceptionTelemetryMiddleware, AppBodyLimitMiddleware, ExceptionMiddleware,
   AsyncExitStackMiddleware      FastAPI's own
"""

import os

from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult


class CountingExporter(SpanExporter):
    """Sends spans nowhere, keeps none of them and counts them by name."""

    def __init__(self):
        self.exported = {}

    def export(self, spans):
        for span in spans:
            self.exported[span.name] = self.exported.get(span.name, 0) + 1
        return SpanExportResult.SUCCESS


exporter = CountingExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)

app = FastAPI(title="Traced")


@app.get("/")
async def home():
    return {"hello": "world"}


@app.get("/items/{item_id}")
async def item(item_id: int):
    return {"id": item_id}


@app.post("/items")
async def create(item: dict):
    return {"created": item}


FastAPIInstrumentor.instrument_app(
    app,
    exclude_spans=["receive", "send"] if os.environ.get("EXCLUDE_SPANS") == "1" else None,
)
