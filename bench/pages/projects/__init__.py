"""The competitors: each folder is a small project; `colonnade` is the product itself, with the same sites."""
