"""`python -m bench.pages`: the product and its peers serve the same page of the same sites (docs/benchmarks.md)."""
