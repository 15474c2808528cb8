"""A view written by hand on `django.contrib.sites`: one query for the page, and one for a menu from the database."""
