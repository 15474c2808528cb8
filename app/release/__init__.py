"""Brings a database from one version of the code to the next: once, however many processes start it."""
