"""Django as `startproject` leaves it, under ASGI."""
