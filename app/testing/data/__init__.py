"""Two sites with the same rows, and texts by which each row is recognised."""
