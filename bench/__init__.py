"""The benchmarks: `python -m bench [NAME ...]`. Each one also measures a comparison in the same run."""
