"""Django (its ASGI side): https://docs.djangoproject.com/en/stable/topics/http/middleware/"""

import json
import sys
import types

from asgi_toll_kinds import around, functions_or_layers
from asgi_toll_subject import MARK_VALUE, dump_json, marks, pick
from asgi_toll_workloads import ERROR, LARGE, TEXT_1K, chunks
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.utils.decorators import async_only_middleware
from django.utils.deprecation import MiddlewareMixin

BINARY = "application/octet-stream"

# Django is told of URLs and middlewares by dotted path. This module holds what
# the paths name: `urlpatterns`, and a factory for each layer.
SITE = "asgi_toll_django_site"


def with_length(response):
    """Else it goes out in chunks: only CommonMiddleware would set the length."""
    response.headers["Content-Length"] = str(len(response.content))
    return response


async def ping(request):
    return with_length(JsonResponse({"count": 0}))


async def text(request):
    return with_length(JsonResponse({"text": TEXT_1K}))


async def post(request):
    return with_length(JsonResponse({"received": len(request.body)}))


async def stream(request):
    return StreamingHttpResponse(chunks(), content_type=BINARY)


async def large(request):
    return with_length(HttpResponse(LARGE, content_type="text/plain"))


async def error(request):
    raise RuntimeError(ERROR)


PING = path("_ping", ping)
POST = path("post", post)
LARGE_PATH = path("large", large)

# Routes besides the one that every application has.
WORKLOADS = {
    "ping": [],
    "cors-no-origin": [],
    "cors-origin": [],
    "gzip-small": [],
    "json-1k": [path("json", text)],
    "post-1k": [POST],
    "post-1m": [POST],
    "stream-100x1k": [path("stream", stream)],
    "large-200k": [LARGE_PATH],
    "gzip-200k": [LARGE_PATH],
    "error-500": [path("error", error)],
}


def header_factory(name):
    """One middleware factory; Django calls it with the layer below."""

    @async_only_middleware
    def factory(get_response):
        async def add_header(request):
            response = await get_response(request)
            response.headers[name] = MARK_VALUE
            return response

        return add_header

    return factory


def count_factory():
    @async_only_middleware
    def factory(get_response):
        async def add_count(request):
            response = await get_response(request)
            payload = json.loads(response.content)
            payload["count"] += 1
            response.content = dump_json(payload)
            response.headers["Content-Length"] = str(len(response.content))
            return response

        return add_count

    return factory


def mixin_class(name):
    """The class-based form that most middlewares of Django have; its hooks run in a thread."""

    class HeaderMixinMiddleware(MiddlewareMixin):
        def process_response(self, request, response):
            response.headers[name] = MARK_VALUE
            return response

    return HeaderMixinMiddleware


def native(middlewares):
    return [header_factory(name) for name in marks(middlewares)]


def native_json(middlewares):
    return [count_factory() for _ in range(middlewares)]


def mixin(middlewares):
    return [mixin_class(name) for name in marks(middlewares)]


KINDS = {"native": native, "native-json": native_json, "mixin": mixin}


def site_module(factories, urlpatterns):
    """Makes the module `SITE`; gives the dotted paths of `factories`."""
    site = types.ModuleType(SITE)
    site.urlpatterns = urlpatterns
    names = ["layer_%d" % index for index in range(len(factories))]
    vars(site).update(zip(names, factories))
    sys.modules[SITE] = site
    return [f"{SITE}.{name}" for name in names]


def build(kind, middlewares, workload):
    """A Django application with `middlewares` layers of `kind`, one per process."""
    factories, layers = functions_or_layers(KINDS, kind, middlewares)
    urlpatterns = [PING, *pick(WORKLOADS, workload, "workload")]
    settings.configure(
        DEBUG=False,
        SECRET_KEY="signs nothing: no session, no cookie",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=SITE,
        MIDDLEWARE=site_module(factories, urlpatterns),
    )
    return around(get_asgi_application(), layers)
