"""A small shop: FastAPI with the middlewares that many services have.

Layers, outermost first (the last one added is the outermost):

1. TrustedHostMiddleware               Starlette
2. CORSMiddleware                      Starlette
3. CorrelationIdMiddleware             asgi-correlation-id
4. GZipMiddleware, level 9             Starlette
5. SessionMiddleware                   Starlette, needs itsdangerous
6. PrometheusInstrumentatorMiddleware  prometheus-fastapi-instrumentator
7. time_request                        a BaseHTTPMiddleware, written as a function
8. TimingMiddleware                    its twin, written against ASGI alone

FastAPI puts ServerErrorMiddleware, ExceptionTelemetryMiddleware and AppBodyLimitMiddleware
outside these, ExceptionMiddleware and AsyncExitStackMiddleware inside.
"""

import time

from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from prometheus_fastapi_instrumentator import Instrumentator
from pydantic import BaseModel
from starlette.datastructures import MutableHeaders
from starlette.middleware.sessions import SessionMiddleware


class TimingMiddleware:
    """Says in a header how long the request took."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = time.perf_counter()

        async def send_timed(message):
            if message["type"] == "http.response.start":
                elapsed = time.perf_counter() - start
                MutableHeaders(scope=message)["X-Time-Pure"] = f"{elapsed:.6f}"
            await send(message)

        await self.app(scope, receive, send_timed)


app = FastAPI(title="Shop")
app.add_middleware(TimingMiddleware)


@app.middleware("http")
async def time_request(request: Request, call_next):
    start = time.perf_counter()
    response = await call_next(request)
    response.headers["X-Time-Base"] = f"{time.perf_counter() - start:.6f}"
    return response


Instrumentator().instrument(app).expose(app)
app.add_middleware(SessionMiddleware, secret_key="not a secret")
app.add_middleware(GZipMiddleware, minimum_size=500, compresslevel=9)
app.add_middleware(CorrelationIdMiddleware)
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://shop.example"],
    allow_credentials=True,
    allow_methods=["*"],
    expose_headers=["X-Request-ID"],
)
app.add_middleware(
    TrustedHostMiddleware, allowed_hosts=["*.example", "localhost", "127.0.0.1", "testserver"]
)


class Login(BaseModel):
    user: str
    password: str


@app.get("/items/{item_id}")
async def item(item_id: int):
    return {"id": item_id, "name": f"Item {item_id}", "price": 9.99}


@app.get("/big")
async def big():
    return [{"id": n, "name": f"Item {n}", "price": n * 1.25} for n in range(200)]


@app.post("/login")
async def login(form: Login, request: Request):
    request.session["user"] = form.user
    return {"user": form.user}
