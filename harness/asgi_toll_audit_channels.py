"""Django Channels: what chooses an application by the type of the scope."""

from asgi_toll_audit_imported import class_named
from asgi_toll_audit_links import Item


def knows(held):
    return isinstance(held, class_named("channels.routing", "ProtocolTypeRouter"))


def follow(path, link, router):
    """The link to the application for the type of this scope, or None."""
    kind = path.scope["type"]
    if kind not in router.application_mapping:
        return None
    path.route(link, router)
    return Item(router.application_mapping, kind)
