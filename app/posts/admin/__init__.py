"""Posts and what they are sorted by, in the admin."""

from app.posts.admin.labels import AuthorAdmin, CategoryAdmin, TagAdmin
from app.posts.admin.posts import PostAdmin

__all__ = ["AuthorAdmin", "CategoryAdmin", "PostAdmin", "TagAdmin"]
