"""The product's settings, and what only the tests install: contrib apps that the product does not use, to see
that they answer per site, and `tests.third_party`, a site-related app as somebody else would write one."""

import os

os.environ.setdefault("SECRET_KEY", "only for tests, and long enough to be taken for a real one")
# The look at the epoch must not fall into a test's query count; a test of the interval sets its own.
os.environ.setdefault("SITES_REFRESH_SECONDS", "3600")

from app.settings import *  # noqa: F403
from app.settings import DATABASES, INSTALLED_APPS, ROW_SECURITY, STATIC_ROOT

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.flatpages", "django.contrib.redirects", "tests.third_party"]
SILENCED_SYSTEM_CHECKS = ["tenancy.W002"]  # of Banner in tests.third_party; every command would print it
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# No test in this process needs a static file, so none depends on what a checkout has collected.
COLLECTED = True
WHITENOISE_USE_FINDERS = False
del STATIC_ROOT
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# Connections that outlive a request would keep a test database from being dropped.
DATABASES["default"]["CONN_MAX_AGE"] = 0
# A role belongs to the whole server, and tests change it: each process of the run has one of its own.
if ROW_SECURITY:
    DATABASES["default"]["USER"] += f"_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
