"""The product's settings, with the collected static files in the benchmark's folder, as in the image."""

import os
from pathlib import Path

from app.settings import *  # noqa: F403

STATIC_ROOT = Path(os.environ["BENCH_STATIC"])
COLLECTED = True
WHITENOISE_USE_FINDERS = False
