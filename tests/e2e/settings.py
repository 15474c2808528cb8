"""The product's settings, with the collected static files in a folder of the tests' own, `COLLECTED_STATIC`.

A browser gets hashed and compressed files here, as from the image, whatever the checkout has collected.
"""

import os
from pathlib import Path

from app.settings import *  # noqa: F403

STATIC_ROOT = Path(os.environ["COLLECTED_STATIC"])
COLLECTED = True
WHITENOISE_USE_FINDERS = False
