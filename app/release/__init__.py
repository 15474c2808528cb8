"""Updates a database for a new version of the code: once, however many processes start it."""
