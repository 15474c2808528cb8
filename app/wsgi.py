"""The WSGI application. URLs, templates and the directory of sites are loaded before the first request.

With gunicorn's `preload_app` that happens once, before the workers are forked, and they share the memory.
"""

import os
import sys

from app.env import InvalidEnvironment
from app.extra_apps import AppCannotStart, naming_the_app
from app.tenancy.requests.charset import utf8_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.settings")
try:
    django_application = naming_the_app(utf8_application)
except (InvalidEnvironment, AppCannotStart) as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(2)  # as manage.py does: a restart would not help

from app.pagecache.front import front  # these need the apps
from app.server.warm_up import warm_up
from app.tenancy.current import site_of_process
from app.themes.static_files import static_files

site_of_process.is_server = True
warm_up()
application = front(django_application, static_files())
