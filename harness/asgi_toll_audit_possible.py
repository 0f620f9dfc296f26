"""Says why an application cannot be changed as asked."""

from asgi_toll_audit_layer import HOOK
from asgi_toll_audit_path import PatchStep
from asgi_toll_failure import BAD_ORDER, Failure

IMPOSSIBLE = "impossible-change"


def check(audit, change):
    """A `Failure` that names the layer in the way, where there is one."""
    layers = audit.layers
    strange = [place for place in change.places() if not 0 <= place < len(layers)]
    if strange:
        raise Failure(BAD_ORDER, f"there is no layer at place {strange[0]}")
    for place in sorted(change.without):
        must_go(layers[place], "taken out")
    for place, _ in change.replace:
        if place in change.without:
            raise Failure(BAD_ORDER, f"{layers[place].name} is either taken out or replaced")
        must_be_a_link(audit, place, "replaced")
    check_order(audit, change)


def check_order(audit, change):
    """The layers that move must be of one chain."""
    if len(set(change.order)) < len(change.order):
        raise Failure(BAD_ORDER, f"a layer is named twice in the order {list(change.order)}")
    moved = change.moved()
    for place in moved:
        must_be_a_link(audit, place, "moved")
    chain = next((chain for chain in audit.chains() if moved and moved[0] in chain), ())
    for place in moved:
        if place not in chain:
            raise Failure(IMPOSSIBLE, elsewhere(audit.layers[moved[0]], audit.layers[place]))


def elsewhere(layer, other):
    """Why two layers cannot take each other's position."""
    return (
        f"{other.name} ({other.place}) does not stand in one chain with {layer.name} "
        f"({layer.place}): only layers that stand directly in one another can be moved"
    )


def must_be_a_link(audit, place, done):
    """A layer that can be replaced or moved is a part of a chain that can be put together anew."""
    layer = audit.layers[place]
    must_go(layer, done)
    if any(place in chain for chain in audit.chains()):
        return
    raise Failure(IMPOSSIBLE, f"{layer.name} is {what_it_is(audit, place)} {done}")


def must_go(layer, done):
    if not layer.removable:
        raise Failure(IMPOSSIBLE, f"{layer.name} cannot be {done}: {layer.why_not}")


def what_it_is(audit, place):
    steps = audit.chain.steps
    if place < len(steps) and isinstance(steps[place], PatchStep):
        return f"{audit.layers[place].place}, no layer of its own: it can be taken out, but not"
    kind = "hook" if audit.layers[place].style == HOOK else "middleware"
    return f"a {kind} of {audit.flat.framework}: only ASGI layers can be"
