"""`BENCH_MENU=1`: the menu comes from the database. `BENCH_CACHE=1`: Django's cache middleware, on Redis."""

from __future__ import annotations

import os

from bench.pages.projects import surroundings

SECRET_KEY, STATIC_ROOT = surroundings.SECRET_KEY, surroundings.STATIC_ROOT
DEBUG = False
ALLOWED_HOSTS = [".bench.example"]
ROOT_URLCONF = "bench.pages.projects.contrib_sites.urls"
DATABASES, CACHES = surroundings.databases(), surroundings.caches()
USE_TZ = True
MENU_FROM_DATABASE = os.environ.get("BENCH_MENU") == "1"
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "bench.pages.projects.contrib_sites",
]
MIDDLEWARE = [
    *(["django.middleware.cache.UpdateCacheMiddleware"] if surroundings.CACHES_PAGES else []),
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    *(["django.middleware.cache.FetchFromCacheMiddleware"] if surroundings.CACHES_PAGES else []),
]
CACHE_MIDDLEWARE_SECONDS = surroundings.CACHE_SECONDS
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
STATIC_URL = "/static/"
STATICFILES_DIRS = [surroundings.STYLES]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]  # the page needs no other file
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
