"""As Wagtail's project template, without its search page.

`BENCH_MENU=1`: with a menu. `BENCH_CACHE=1`: Django's cache middleware, on Redis.
"""

from __future__ import annotations

import os

from bench.pages.projects import surroundings

SECRET_KEY, STATIC_ROOT = surroundings.SECRET_KEY, surroundings.STATIC_ROOT
DEBUG = False
ALLOWED_HOSTS = [".bench.example"]
ROOT_URLCONF = "bench.pages.projects.wagtail_sites.urls"
DATABASES, CACHES = surroundings.databases(), surroundings.caches()
HAS_MENU = os.environ.get("BENCH_MENU") == "1"
INSTALLED_APPS = [
    "bench.pages.projects.wagtail_sites",
    "wagtail.contrib.forms",
    "wagtail.contrib.redirects",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
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
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
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
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATICFILES_DIRS = [surroundings.STYLES]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]  # the page needs no other file
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
WAGTAIL_SITE_NAME = "Benchmark"
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
WAGTAILADMIN_BASE_URL = "http://bench.example"
