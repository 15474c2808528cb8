"""Wagtail: one `Site` per host, each with a root page and the pages of the menu below it."""
