"""An asynchronous view, a synchronous one, and one that uses the session."""

from django.http import JsonResponse


async def home(request):
    return JsonResponse({"hello": "world"})


def sync(request):
    return JsonResponse({"hello": "sync"})


async def visits(request):
    count = await request.session.aget("visits", 0) + 1
    await request.session.aset("visits", count)
    return JsonResponse({"visits": count})
