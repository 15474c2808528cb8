"""Sites and their aliases: superusers only. A site is archived, not deleted, so that nothing is lost by a click."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from app.tenancy.admin.site_related import SuperusersOnly
from app.tenancy.models import Alias, SiteProfile
from app.tenancy.sites.validation import clean_alias, clean_domain, lock, refuse_taken

admin.site.unregister(Site)

PROFILE_FIELDS = ("key", "state", "theme", "colour")


class SiteForm(forms.ModelForm[Site]):
    """A site and its profile in one form."""

    key = SiteProfile._meta.get_field("key").formfield(required=False)
    state = SiteProfile._meta.get_field("state").formfield()
    theme = SiteProfile._meta.get_field("theme").formfield()
    colour = SiteProfile._meta.get_field("colour").formfield(widget=forms.TextInput(attrs={"size": 8}))

    class Meta:
        model = Site
        fields = ("name", "domain")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            for name in PROFILE_FIELDS:
                self.fields[name].initial = getattr(self.instance.profile, name)

    def clean_domain(self) -> str:
        domain = clean_domain(self.cleaned_data["domain"])
        refuse_taken(domain, site_id=self.instance.pk)
        return domain

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if key and SiteProfile.objects.filter(key=key).exclude(site=self.instance.pk).exists():
            raise ValidationError(_("Another site has this key."))
        return key


class AliasForm(forms.ModelForm[Alias]):
    class Meta:
        model = Alias
        fields = ("host", "redirect")

    def clean_host(self) -> str:
        host = clean_alias(self.cleaned_data["host"])
        refuse_taken(host, site_id=self.instance.site_id)
        return host


class AliasInline(admin.TabularInline[Alias, Site]):
    model = Alias
    form = AliasForm
    extra = 1

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return bool(request.user.is_superuser)


@admin.register(Site)
class SitesAdmin(SuperusersOnly[Site]):
    form = SiteForm
    inlines = (AliasInline,)
    list_display = ("coloured_name", "domain", "key", "state")
    list_filter = ("profile__state",)
    list_select_related = ("profile",)
    search_fields = ("name", "domain", "profile__key", "aliases__host")
    fields = ("name", "domain", *PROFILE_FIELDS)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    @admin.display(description=_("name"), ordering="name")
    def coloured_name(self, site: Site) -> str:
        return format_html('<span class="site-dot" style="background:{}"></span> {}', site.profile.colour, site.name)

    @admin.display(description=_("key"), ordering="profile__key")
    def key(self, site: Site) -> str:
        return site.profile.key

    @admin.display(description=_("state"), ordering="profile__state")
    def state(self, site: Site) -> str:
        return site.profile.get_state_display()

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            if request.method == "POST":
                lock()
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Site, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        profile = SiteProfile.objects.get(site=obj)
        for name in PROFILE_FIELDS:
            value = form.cleaned_data.get(name)
            if value or name != "key":
                setattr(profile, name, value)
        profile.save()
