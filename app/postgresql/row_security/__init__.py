"""The PostgreSQL backend for row security: each statement carries the site whose rows it may reach."""
