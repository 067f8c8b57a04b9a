"""The images of a place that the person chooses."""

from rescue.flows.engine import Catalogue, Engine
from rescue.flows.front import Front
from rescue.flows.place import choose_place
from rescue.flows.repositories import for_reading
from rescue.places.model import Place


async def choose_catalogue(front: Front, engine: Engine) -> tuple[Place, Catalogue] | None:
    """A place, open, and what is in its repository; None for going back, and where there is none. RescueError."""
    place = await choose_place(front, engine, writable=False)
    return None if place is None else await for_reading(front, engine, place)
