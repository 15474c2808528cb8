"""The settings that every competitor with a database has: where its database and its Redis are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

SECRET_KEY = "only for the benchmark, and the same for every competitor"
STATIC_ROOT = Path(os.environ["BENCH_STATIC"])
STYLES = Path(__file__).parents[3] / "app" / "themes" / "portico" / "static"
CACHES_PAGES = os.environ.get("BENCH_CACHE") == "1"
CACHE_SECONDS = 3600


def databases() -> dict[str, dict[str, Any]]:
    """One PostgreSQL database; a thread keeps its connection for a minute and does not check it, the quickest way."""
    return {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ["BENCH_DATABASE"],
            "USER": "postgres",
            "HOST": "127.0.0.1",
            "PORT": os.environ["BENCH_DATABASE_PORT"],
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": False,
        }
    }


def caches() -> dict[str, dict[str, Any]]:
    """Redis for a competitor that caches pages, otherwise Django's default, the process."""
    if not CACHES_PAGES:
        return {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    return {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": os.environ["BENCH_REDIS_URL"],
            "TIMEOUT": CACHE_SECONDS,
        }
    }
