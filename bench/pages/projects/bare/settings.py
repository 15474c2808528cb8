"""`BENCH_VARIANT`: `bare` has no middleware; `usual` has those of `startproject`; `whitenoise` only WhiteNoise's."""

from __future__ import annotations

import os
from pathlib import Path

VARIANT = os.environ["BENCH_VARIANT"]
SECRET_KEY = "only for the benchmark"
DEBUG = False
ALLOWED_HOSTS = [".bench.example"]
ROOT_URLCONF = "bench.pages.projects.bare.urls"
USE_TZ = True
INSTALLED_APPS = {
    "bare": [],
    "usual": [
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
    ],
    "whitenoise": [],
}[VARIANT]
MIDDLEWARE = {
    "bare": [],
    "usual": [
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    "whitenoise": ["whitenoise.middleware.WhiteNoiseMiddleware"],
}[VARIANT]
STATIC_URL = "/static/"
if VARIANT == "whitenoise":
    STATIC_ROOT = Path(os.environ["BENCH_STATIC"])
