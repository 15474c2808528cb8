"""The results as Markdown and SVG in docs/."""
