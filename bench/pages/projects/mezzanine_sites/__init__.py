"""Mezzanine: one `django_site` row per host, with the pages of the menu as `RichTextPage`."""
