"""The product itself, with many sites."""
