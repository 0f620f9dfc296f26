"""Shims between the middlewares of Django, and around the hooks that it runs apart from them."""


def shim_factory(clock, index, is_async):
    """A middleware that only has the clock call what is inside of it."""

    def factory(get_response):
        if not is_async:
            return lambda request: clock.call(index, get_response, request)

        async def shim(request):
            return await clock.around(index, get_response, request)

        return shim

    factory.sync_capable = not is_async
    factory.async_capable = is_async
    return factory


def shim_hooks(handler, clock, first, loaded):
    """Has the clock call the hooks that Django runs apart from the chain."""
    for hook, kept_in, wrap, outermost_first in (
        ("process_view", "_view_middleware", awaited_hook, True),
        ("process_template_response", "_template_response_middleware", awaited_hook, False),
        ("process_exception", "_exception_middleware", called_hook, False),
    ):
        having = [first + n for n, each in enumerate(loaded) if hasattr(each.instance, hook)]
        indices = having if outermost_first else having[::-1]
        hooks = getattr(handler, kept_in)
        if len(hooks) == len(indices):
            hooks[:] = [wrap(clock, index, each) for index, each in zip(indices, hooks)]


def awaited_hook(clock, index, hook):
    async def shim(*args, **kwargs):
        return await clock.around(index, lambda: hook(*args, **kwargs))

    return shim


def called_hook(clock, index, hook):
    return lambda *args: clock.call(index, hook, *args)
