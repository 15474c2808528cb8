"""What is not published, shown as visitors would see it: by a signed link, and beside its form."""
