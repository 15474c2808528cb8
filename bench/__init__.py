"""The benchmarks: `python -m bench [NAME ...]`. Each prints what it measured, side by side in one run."""
