"""Sites and their aliases: superusers only. A site is archived, not deleted, so that a click loses nothing."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin, messages
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from app.tenancy.admin import theme_fields, theme_preview
from app.tenancy.admin.admin_site import address_on
from app.tenancy.admin.aliases import EXCEPTIONS, AliasInline, as_text, chosen_exceptions
from app.tenancy.admin.newer_save import RefusesNewerValues
from app.tenancy.admin.site_related import SuperusersOnly
from app.tenancy.colours import site_dot
from app.tenancy.directory import directory
from app.tenancy.headers.policy import add_sources
from app.tenancy.hosts.snapshot import build
from app.tenancy.models import Alias, SiteProfile
from app.tenancy.requests.tenancy import ThemePreview, tenancy_of
from app.tenancy.site_apps import per_site_apps
from app.tenancy.sites.domains.dns import DnsFault
from app.tenancy.sites.domains.pending import pending_of
from app.tenancy.sites.domains.proof import NotProved, record_for
from app.tenancy.sites.reachability.report import State, Step
from app.tenancy.sites.reachability.routes import routes
from app.tenancy.sites.specification import SiteSpecification, specification_of, specify
from app.tenancy.sites.theme_options import stored_options
from app.tenancy.sites.themes import theme_of
from app.tenancy.sites.verification import verify
from app.tenancy.sites.write import Wanted, conflicts, free_key, host_lock, write_site

admin.site.unregister(Site)

PROFILE_FIELDS = ("key", "state", "theme", "colour")


class SiteForm(RefusesNewerValues, forms.ModelForm[Site]):
    """A site and its profile in one form. `specification` is the site as the form describes it, without aliases.

    A subclass has the fields for the options of `shown_theme`. `preview`: shown instead of what is stored.
    """

    shown_theme: ClassVar[str] = ""
    preview: ClassVar[ThemePreview | None] = None

    key = forms.CharField(
        label=_("Key"), required=False, max_length=63, help_text=_("A short name that never changes.")
    )
    state = forms.ChoiceField(label=_("State"), choices=SiteProfile.State.choices)
    theme = forms.CharField()  # its choices depend on the site
    options_of = forms.CharField(required=False, widget=forms.HiddenInput)
    colour = forms.CharField(
        label=_("Colour"),
        required=False,
        widget=forms.TextInput(attrs={"size": 8}),
        help_text=_("Marks the site in the admin and on its pages, such as #1f6f5c."),
    )
    drop_old = forms.BooleanField(
        label=_("Give up the old domain"),
        required=False,
        help_text=_(
            "After a change of the domain, the old one stays as an alias that redirects to the new one. If you give it "
            "up, it no longer leads to this site."
        ),
    )

    exceptions = forms.MultipleChoiceField(
        label=_("Exceptions for new hosts"),
        required=False,
        choices=EXCEPTIONS.items(),
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Site
        fields = ("name", "domain")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Not `self.instance.profile`, whose site is the instance: the form writes its values into that one.
        stored = SiteProfile.objects.select_related("site").filter(site=self.instance.pk)
        self.profile = stored.first()
        self.stored = specification_of(self.profile) if self.profile else SiteSpecification()
        self.specification = self.stored
        choices = theme_fields.theme_choices(self.stored.theme)
        note = _("To see the options of another theme here, choose it and save, or choose it and preview.")
        self.fields["theme"] = forms.ChoiceField(label=_("Theme"), choices=choices, required=False, help_text=note)
        for name in PROFILE_FIELDS:
            self.initial[name] = getattr(self.stored, name)
        options = stored_options(self.stored.settings)
        self.initial["options_of"] = self.shown_theme
        self.initial["apps"] = self.stored.settings.get("apps", [])
        self.initial.update(theme_fields.initial_options(self.shown_theme, options))
        self.stored_values = dict(self.initial)
        if self.preview is not None and not self.is_bound:
            self.initial["theme"] = self.preview.theme
            self.initial.update(theme_fields.initial_options(self.shown_theme, self.preview.options))

    def stored_beside(self) -> Mapping[str, tuple[Any, str]]:
        return {"aliases": (_("Aliases: those that are not in the form stay"), as_text(self.stored.aliases))}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "domain" in given and not given.get("key"):
            given["key"] = self.stored.key or free_key(given["domain"])
        values = {
            name: given[name]
            for name in ("name", "domain", *PROFILE_FIELDS)
            if name in given and given[name] != getattr(self.stored, name)
        }
        # The fields of another theme than the chosen one say nothing about its options.
        stored = stored_options(self.stored.settings)
        options = theme_fields.chosen_options(stored, self.shown_theme, given)
        changed: dict[str, Any] = {}
        if theme_of(given.get("theme", "")) is theme_of(self.shown_theme) and options != stored:
            changed["options"] = options
        if "apps" in self.changed_data and "apps" in given:
            changed["apps"] = given["apps"]
        if changed:
            values["settings"] = {**self.stored.settings, **changed}
        try:
            self.specification = specify(replace(self.stored, aliases={}), **values)
        except ValidationError as faults:
            for name, found in faults.message_dict.items():
                self.add_error(name if name in self.fields else None, found)
            return given
        for conflict in conflicts([Wanted(self.specification, self.profile)], chosen_exceptions(self.data)):
            self.add_error(conflict.field, conflict.message)
        return given | {"domain": self.specification.domain}

    def site(self, aliases: Mapping[str, bool]) -> SiteSpecification:
        """The site with the aliases of the formset; after a change of the domain with the old one."""
        old, new = self.stored.domain, self.specification.domain
        keeps_old = old not in {"", new} and not self.cleaned_data["drop_old"]
        return replace(self.specification, aliases={**({old: True} if keeps_old else {}), **aliases})


def apps_fields() -> dict[str, forms.Field]:
    """The field for the apps that are on or off per site, if there are such apps."""
    choices = sorted(per_site_apps().items(), key=lambda choice: choice[1])
    field = forms.MultipleChoiceField(
        label=_("Apps"),
        required=False,
        choices=choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Where an app is off, its pages and its part of the admin do not exist. What it has stored stays."),
    )
    return {"apps": field} if choices else {}


@admin.register(Site)
class SitesAdmin(SuperusersOnly[Site]):
    records_itself = True  # app.tenancy.sites.write
    form = SiteForm
    inlines = (AliasInline,)
    list_display = ("coloured_name", "domain", "key", "state", "route")
    list_filter = ("profile__state",)
    list_select_related = ("profile",)
    readonly_fields = ("not_served_yet", "route")
    search_fields = ("name", "domain", "profile__key", "aliases__host")

    def get_fieldsets(self, request: HttpRequest, obj: Site | None = None) -> Any:
        stored = () if obj is None else ("drop_old",)
        waiting = ("not_served_yet",) if obj is not None and pending_of(obj.pk) else ()
        route = ("route",) if obj is not None and routes.of([obj.pk]) else ()
        shown = theme_preview.shown_in_form(request, obj)
        theme = {"fields": ("theme", *shown.fields, "options_of"), "description": shown.note}
        own = ("name", "domain", *stored, *waiting, *route, "key", "state", "colour", *apps_fields(), "exceptions")
        return ((None, {"fields": own}), (_("Theme"), theme))

    def get_form(self, request: HttpRequest, obj: Site | None = None, change: bool = False, **kwargs: Any) -> Any:
        shown = theme_preview.shown_in_form(request, obj)
        fields = {**shown.fields, **apps_fields()}
        form = type("SiteForm", (SiteForm,), {**fields, "shown_theme": shown.theme, "preview": shown.preview})
        return super().get_form(request, obj, change, form=form, **kwargs)

    @admin.display(description=_("Not served yet"))
    def not_served_yet(self, site: Site) -> str:
        """The pending hosts: the record that proves each, and a button that looks it up."""
        button = '<button class="button" form="verify_form" name="_verify" value="{}">{}</button>'
        line = "{}: TXT <code>{}</code> = <code>{}</code> " + button
        rows = [(host, *record_for(site.pk, host), host, _("Verify")) for host in pending_of(site.pk)]
        return format_html_join(SafeString("<br>"), line, rows)

    def has_delete_permission(self, *_: Any, **__: Any) -> bool:
        return False

    @admin.display(description=_("name"), ordering="name")
    def coloured_name(self, site: Site) -> str:
        return format_html("{} {}", site_dot(site.profile.colour), site.name)

    @admin.display(description=_("key"), ordering="profile__key")
    def key(self, site: Site) -> str:
        return site.profile.key

    @admin.display(description=_("state"), ordering="profile__state")
    def state(self, site: Site) -> str:
        state = site.profile.get_state_display()
        left = site.profile.managed_by == SiteProfile.Manager.UNDECLARED
        return f"{state} ({_('no longer declared in the file')})" if left else state

    @admin.display(description=_("route"))
    def route(self, site: Site) -> str:
        """What the cluster says about it; the column and the field exist only where routes are kept."""
        of_list = vars(site)
        found: Step | None = of_list["route"] if "route" in of_list else routes.of([site.pk]).get(site.pk)
        return format_html("{}{}", "" if found.state is State.OK else "⚠ ", found.text) if found else "-"

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With the routes of the page's sites, by one query."""
        changes = super().get_changelist_instance(request)
        steps = routes.of([site.pk for site in changes.result_list])
        if not steps:
            changes.list_display = [name for name in changes.list_display if name != "route"]
        for site in changes.result_list:
            vars(site)["route"] = steps.get(site.pk)
        return changes

    def changeform_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        if request.method == "POST" and "_verify" in request.POST and self.has_change_permission(request):
            return self.verify(request, object_id or "", request.POST["_verify"])
        with host_lock() if request.method == "POST" else nullcontext():
            previewed = self.preview(request, object_id) if object_id and "_preview" in request.POST else None
            response = previewed or super().changeform_view(request, object_id, *args, **kwargs)
        # After a change of the domain the form leads to the new one, which no policy can know before.
        add_sources(response, "form-action", f"{request.scheme}:")
        if urlsplit(response.headers.get("Location", "")).netloc:
            directory.wait_for_other_processes()  # any of them may get the next request, for the new domain
        return response

    def verify(self, request: HttpRequest, object_id: str, host: str) -> HttpResponse:
        """A button of `not_served_yet`."""
        site = self.get_object(request, object_id)
        if site is not None and host in pending_of(site.pk):
            try:
                verified = ", ".join(verify(host))
                self.message_user(request, _("Served from now on: %s.") % verified, messages.SUCCESS)
            except (NotProved, DnsFault) as fault:
                self.message_user(request, str(fault), messages.ERROR)
        return HttpResponseRedirect(request.path)

    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        """The preview's button saves nothing. None if the form has faults: it is shown again, under the same lock."""
        site = self.get_object(request, object_id)
        if site is None or not self.has_change_permission(request, site):
            return None
        form = self.get_form(request, site, change=True)(request.POST, instance=site)
        return theme_preview.start(request, site.pk, form.specification) if form.is_valid() else None

    def save_model(self, request: HttpRequest, obj: Site, form: Any, change: bool) -> None:
        """The site is written with its aliases, by `save_related`."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, *_: Any) -> None:
        for formset in formsets:
            formset.save(commit=False)  # lists what changed, for the log entry
        aliases = {host: redirects for formset in formsets for host, redirects in formset.aliases().items()}
        exceptions = chosen_exceptions(form.data)
        form.instance.pk = write_site(form.site(aliases), form.profile, exceptions=exceptions).pk
        theme_preview.end_for(request, form.instance.pk)

    def response_change(self, request: HttpRequest, obj: Site) -> HttpResponse:
        """If the request's host no longer serves the site, the next page is on its new domain."""
        response = super().response_change(request, obj)
        tenancy = tenancy_of(request)
        if tenancy.host_site.id != obj.pk or tenancy.host in tenancy.fallbacks.listed_hosts:
            return response
        row = (obj.pk, obj.domain, obj.name, None, None, None, None)
        match = build(None, [row], Alias.objects.filter(site=obj).values_list("host", "site", "redirect")).find(
            tenancy.host
        )
        if match is not None and not match.redirects:
            return response
        # To sign in again: a session is valid for the host that set its cookie.
        return HttpResponseRedirect(address_on(request, obj.domain, urlsplit(response.headers["Location"]).path))
