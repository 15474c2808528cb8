"""One admin for all sites; everything in it is bound to the current one."""

from app.tenancy.admin.site_related import ActionsBelongToTheSite, SiteRelatedAdmin, SuperusersOnly

__all__ = ["ActionsBelongToTheSite", "SiteRelatedAdmin", "SuperusersOnly"]
