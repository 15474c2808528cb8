"""The admin of apps that are on for some sites only."""

from __future__ import annotations

from typing import Any, TypeVar

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from app.tenancy.site_apps import is_on, per_site_apps

Row = TypeVar("Row", bound=models.Model)


class OnlyWhereOn(admin.ModelAdmin[Row]):
    """Nobody has a permission for the model on a site where its app is off, superusers included."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._is_on() and super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return self._is_on() and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._is_on() and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return self._is_on() and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return self._is_on() and super().has_delete_permission(request, obj)

    def _is_on(self) -> bool:
        return is_on(self.opts.app_label)


def only_where_on(model: type[models.Model], admin_class: type[admin.ModelAdmin[Any]]) -> type[admin.ModelAdmin[Any]]:
    """The class to register: for a model of such an app a subclass with these permissions."""
    if model._meta.app_label not in per_site_apps():
        return admin_class
    return type(admin_class.__name__, (OnlyWhereOn, admin_class), {"__module__": admin_class.__module__})
