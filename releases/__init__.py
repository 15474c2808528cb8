"""`make release`: checks, image, chart, signatures and notes of one version (docs/releases.md)."""
