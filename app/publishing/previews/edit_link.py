"""“Edit this page”, for people who may, on the page that visitors see."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from app.tenancy.admin.admin_site import address_on
from app.tenancy.current import current_site
from app.tenancy.requests.tenancy import tenancy_of


def offer_edit_link(request: HttpRequest, row: Any) -> bool:
    """Gives the bar of the theme a link to the form of a row, if the person of this session may change it.

    A response with the link is for this person: if this returns True, make it `private, no-store`. Without a session
    cookie it does nothing and reads nothing.
    """
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
        return False
    model = type(row)
    if not admin.site.is_registered(model) or not admin.site.get_model_admin(model).has_change_permission(request, row):
        return False
    tenancy_of(request).edit_address = _address(request, row)
    return True


def _address(request: HttpRequest, row: Any) -> str:
    opts = row._meta
    form = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
    if tenancy_of(request).offers_admin:
        return form  # under the site of this session, as the page is
    path = f"{reverse('admin:edit-on', args=[current_site().id])}?next={form}"
    return address_on(request, settings.ADMIN_HOSTS[0], path)
