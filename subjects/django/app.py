"""Django (its ASGI side): https://docs.djangoproject.com/en/stable/topics/http/middleware/"""

import functools
import json
import sys
import types

from asgi_toll_layers import HeaderLayer, wrap
from asgi_toll_subject import MARK_VALUE, dump_json, marks, pick, raw_marks
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import JsonResponse
from django.urls import path
from django.utils.decorators import async_only_middleware

# Django is told of URLs and middlewares by dotted path. This module holds what
# the paths name: `urlpatterns`, and a factory for each layer.
SITE = "asgi_toll_django_site"


async def ping(request):
    response = JsonResponse({"count": 0})
    # Else it goes out in chunks: only CommonMiddleware would set the length.
    response.headers["Content-Length"] = str(len(response.content))
    return response


WORKLOADS = {"ping": lambda: [path("_ping", ping)]}


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


# A kind gives (middleware factories for the framework, layers to put around it).


def native(middlewares):
    return [header_factory(name) for name in marks(middlewares)], []


def native_json(middlewares):
    return [count_factory() for _ in range(middlewares)], []


def asgi_header(middlewares):
    return [], [functools.partial(HeaderLayer, header=pair) for pair in raw_marks(middlewares)]


KINDS = {"native": native, "native-json": native_json, "asgi-header": asgi_header}


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
    factories, layers = pick(KINDS, kind, "middleware kind")(middlewares)
    urlpatterns = pick(WORKLOADS, workload, "workload")()
    settings.configure(
        DEBUG=False,
        SECRET_KEY="signs nothing: no session, no cookie",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=SITE,
        MIDDLEWARE=site_module(factories, urlpatterns),
    )
    return wrap(get_asgi_application(), layers)
