"""The front page of the admin, and the list of everything that a person may use."""
