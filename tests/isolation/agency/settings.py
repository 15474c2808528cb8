"""The tests' settings with the agency's app installed, before the product's own addresses."""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.isolation.agency"]
ROOT_URLCONF = "tests.isolation.agency.urls"
