"""One admin for all sites; everything in it is bound to the current one."""

from app.tenancy.admin.rows_of_site import RowsOfSiteAdmin
from app.tenancy.admin.site_related import ActionsBelongToTheSite, SiteRelatedAdmin, SuperusersOnly

__all__ = ["ActionsBelongToTheSite", "RowsOfSiteAdmin", "SiteRelatedAdmin", "SuperusersOnly"]
