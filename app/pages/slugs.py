"""Where migrations look for the slugs of pages."""

from app.publishing.slugs import normalised, slug_of, validate_slug

__all__ = ["normalised", "slug_of", "validate_slug"]
