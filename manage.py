#!/usr/bin/env python
"""Colonnade's command line: `manage.py help`, and `--site=ID`, `--site=DOMAIN` or `--all-sites` with any command."""

import gc
import os
import sys

if __name__ == "__main__":
    gc.disable()  # until the apps are loaded (app.tenancy.management.command_line.keep_what_is_loaded)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.settings")
    try:
        from app.tenancy.management.command_line import main
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] == "app":
            raise
        sys.stderr.write(f"{error.msg}. Run `make install` once, then .venv/bin/python manage.py ...\n")
        sys.exit(2)

    sys.exit(main(sys.argv))
