"""What a person has to do on a site: on the front page of the admin, and as a filter of lists."""
