"""Iterations of the event loop, and when it has nothing left to do."""

import types

MOST_TURNS = 200


@types.coroutine
def turn():
    """Lets the loop make one iteration."""
    yield


async def turns(count):
    """`count` iterations of the loop."""
    for _ in range(count):
        await turn()


async def settle(loop, selector):
    """Waits until nothing is left that runs; the number of iterations it took."""
    for turns in range(MOST_TURNS):
        selector.rest.come()
        # The task that asks is running, so it is not among what is ready.
        if not loop._ready:
            return turns
        await turn()
    return MOST_TURNS
