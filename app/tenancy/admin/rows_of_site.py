"""The admin of other apps' models, which are not site-related."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from django import forms
from django.contrib.admin import ModelAdmin
from django.contrib.sites.models import Site
from django.db import models
from django.http import HttpRequest

from app.tenancy.admin.site_related import SiteRelatedAdmin, SuperuserPermissions, SuperusersOnly
from app.tenancy.current import current_site
from app.tenancy.models import SiteRelated

Row = TypeVar("Row", bound=models.Model)

#: Models of contrib that are per site, and their field to `Site`.
CONTRIB = {"flatpages.flatpage": "sites", "redirects.redirect": "site"}


class RowsOfSiteAdmin(SiteRelatedAdmin[Row]):
    """Shows the rows whose `site_field`, a foreign key or a many-to-many field to `Site`, has the current site.

    New rows belong to the current site. Only superusers share a row between sites, and change a shared one.
    """

    open_to_roles: ClassVar[bool] = True
    site_field: ClassVar[str] = "site"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Row]:
        # SECURITY: nothing else binds these rows to a site; their own manager returns those of all sites.
        return super().get_queryset(request).filter(**{self.site_field: current_site().id})

    def get_list_filter(self, request: HttpRequest) -> Any:
        # A filter by site would name every site.
        return [name for name in super().get_list_filter(request) if name != self.site_field]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == self.site_field:
            here = Site.objects.filter(pk=current_site().id)
            # SECURITY: the choices are also what a posted value is checked against.
            kwargs |= {"queryset": here, "initial": current_site().id, "widget": forms.HiddenInput}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == self.site_field:
            here = Site.objects.filter(pk=current_site().id)
            kwargs["initial"] = here
            if not request.user.is_superuser:
                # SECURITY: as above.
                kwargs |= {"queryset": here, "widget": forms.MultipleHiddenInput}
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_write(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_write(request, obj)

    def _may_write(self, request: HttpRequest, row: Row | None) -> bool:
        # SECURITY: a shared row is content of the other sites too.
        if row is None or request.user.is_superuser or not self.opts.get_field(self.site_field).many_to_many:
            return True
        return not getattr(row, self.site_field).exclude(pk=current_site().id).exists()


def bound_to_site(model: type[models.Model], admin_class: type[ModelAdmin[Any]]) -> type[ModelAdmin[Any]]:
    """The class to register: rows that no class binds to the current site are for superusers only."""
    # SECURITY: a role's permission holds on one site; without this it would open the rows of all sites.
    says_otherwise = getattr(admin_class, "open_to_roles", False) or issubclass(admin_class, SuperuserPermissions)
    if issubclass(model, SiteRelated) or says_otherwise:
        return admin_class
    body: dict[str, Any] = {"__module__": admin_class.__module__}
    field = CONTRIB.get(model._meta.label_lower)
    if field is not None:
        return type(admin_class.__name__, (RowsOfSiteAdmin, admin_class), body | {"site_field": field})
    return type(admin_class.__name__, (SuperusersOnly, admin_class), body | {"closed_by_default": True})
