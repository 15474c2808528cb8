"""A stand-in for X's API v2: a real HTTP server over a small made-up world, with faults on request.

It serves what polls request: user look-up by name and by id, posts by id, recent search, a user's posts and
a list's posts. `python -m tests.x_api --help` runs it on its own.
"""

from tests.x_api.server import Fault, XServer
from tests.x_api.world import World

__all__ = ["Fault", "World", "XServer"]
