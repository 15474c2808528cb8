"""Isolation in the database itself: references that stay on their site, and row security. Installed by `migrate`."""
