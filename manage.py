#!/usr/bin/env python
"""Colonnade's command line: `manage.py help`, and `--site=ID`, `--site=DOMAIN` or `--all-sites` with any command."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.settings")
    from app.tenancy.management.command_line import main

    sys.exit(main(sys.argv))
