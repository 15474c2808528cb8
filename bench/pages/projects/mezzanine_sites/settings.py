"""As Mezzanine's project template. `BENCH_LOADER=1`: its template loaders, cached. `BENCH_CACHE=1`: its page cache."""

from __future__ import annotations

import os
from pathlib import Path

from mezzanine.utils.conf import set_dynamic_settings

from bench.pages.projects import surroundings

SECRET_KEY, STATIC_ROOT = surroundings.SECRET_KEY, surroundings.STATIC_ROOT
NEVERCACHE_KEY = "only for the benchmark, too"
DEBUG = False
ALLOWED_HOSTS = [".bench.example"]
ROOT_URLCONF = "bench.pages.projects.mezzanine_sites.urls"
DATABASES, CACHES = surroundings.databases(), surroundings.caches()
CACHE_MIDDLEWARE_KEY_PREFIX = "bench"
CACHE_MIDDLEWARE_SECONDS = surroundings.CACHE_SECONDS
SITE_ID = 1
USE_MODELTRANSLATION = False
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = (("en", "English"),)
AUTHENTICATION_BACKENDS = ("mezzanine.core.auth_backends.MezzanineBackend",)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PROJECT_APP_PATH = str(Path(__file__).parent)
PROJECT_APP = "mezzanine_sites"
PROJECT_ROOT = BASE_DIR = PROJECT_APP_PATH
STATIC_URL = "/static/"
STATICFILES_DIRS = [surroundings.STYLES]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]  # the page needs no other file
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
PAGE_MENU_TEMPLATES = ((1, "Main", "pages/menus/bench.html"),)
LOADERS = [
    "mezzanine.template.loaders.host_themes.Loader",
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
IS_CACHED = os.environ.get("BENCH_LOADER") == "1"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [str(Path(__file__).parent / "templates")],
        "OPTIONS": {
            "context_processors": [
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.debug",
                "django.template.context_processors.i18n",
                "django.template.context_processors.static",
                "django.template.context_processors.media",
                "django.template.context_processors.request",
                "django.template.context_processors.tz",
                "mezzanine.conf.context_processors.settings",
                "mezzanine.pages.context_processors.page",
            ],
            "loaders": [("django.template.loaders.cached.Loader", LOADERS)] if IS_CACHED else LOADERS,
        },
    }
]
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.redirects",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.sitemaps",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "mezzanine.boot",
    "mezzanine.conf",
    "mezzanine.core",
    "mezzanine.generic",
    "mezzanine.pages",
    "mezzanine.blog",
    "mezzanine.forms",
    "mezzanine.galleries",
]
MIDDLEWARE = [
    *(["mezzanine.core.middleware.UpdateCacheMiddleware"] if surroundings.CACHES_PAGES else []),
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "mezzanine.core.request.CurrentRequestMiddleware",
    "mezzanine.core.middleware.RedirectFallbackMiddleware",
    "mezzanine.core.middleware.AdminLoginInterfaceSelectorMiddleware",
    "mezzanine.core.middleware.SitePermissionMiddleware",
    "mezzanine.pages.middleware.PageMiddleware",
    *(["mezzanine.core.middleware.FetchFromCacheMiddleware"] if surroundings.CACHES_PAGES else []),
]
PACKAGE_NAME_FILEBROWSER = "filebrowser_safe"
PACKAGE_NAME_GRAPPELLI = "grappelli_safe"
OPTIONAL_APPS = (PACKAGE_NAME_FILEBROWSER, PACKAGE_NAME_GRAPPELLI)
set_dynamic_settings(globals())
