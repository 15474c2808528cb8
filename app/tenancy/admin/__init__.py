"""One admin for all sites; everything in it is bound to the current one."""

from app.tenancy.admin.site_related import ActionsBelongToTheSite, SiteRelatedAdmin, SuperusersOnly

__all__ = ["ActionsBelongToTheSite", "SiteRelatedAdmin", "SuperusersOnly"]

from app.tenancy.admin import members, people, sites  # noqa: F401  # registers them
