"""The aliases in the form of a site, and the rules for hosts that the form can set aside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from app.tenancy.admin.site_related import SuperuserPermissions
from app.tenancy.models import Alias
from app.tenancy.sites.domains.claims import Exceptions, HostClaim, held_hosts, objections
from app.tenancy.sites.validation import clean_alias

EXCEPTIONS = {
    "reserved": _(
        "Use a host that is reserved for the platform, for the public, or for another site (--allow-reserved)"
    ),
    "quarantine": _("Use a host that another site gave up a short time ago (--from-quarantine)"),
    "proof": _("Serve new hosts without a TXT record (--without-proof)"),
}


def chosen_exceptions(data: Any) -> Exceptions:
    """The rules that the form sets aside; for its inline forms, too, which see the data of all."""
    chosen = set(data.getlist("exceptions"))
    reserved = "reserved" in chosen
    return Exceptions(reserved=reserved, twin=reserved, quarantine="quarantine" in chosen, proof="proof" in chosen)


def as_text(aliases: Mapping[str, bool]) -> str:
    """Host → whether it redirects, in words."""
    return ", ".join(
        f"{host} ({_('redirects') if aliases[host] else _('serves the site')})" for host in sorted(aliases)
    )


class AliasForm(forms.ModelForm[Alias]):
    class Meta:
        model = Alias
        fields = ("host", "redirect")

    def clean_host(self) -> str:
        host = clean_alias(self.cleaned_data["host"])
        domain, held = held_hosts(self.instance.site_id)
        claim = HostClaim(self.instance.site_id, "", [host], domain, held)
        messages = [objection.message for objection in objections([claim], chosen_exceptions(self.data))]
        if messages:
            raise ValidationError(messages)
        return host


class AliasFormSet(forms.BaseInlineFormSet[Alias, Site, forms.ModelForm[Alias]]):
    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            values = form.cleaned_data
            if values.get("host") == self.instance.domain and "host" in form.changed_data and not values.get("DELETE"):
                form.add_error("host", _("This is the site's own domain."))

    def aliases(self) -> dict[str, bool]:
        """Host → whether it redirects, as the forms have it; without an alias that is the new domain now.

        An alias that has no form stays as it is: it was added after the page was opened.
        """
        shown = {form.instance.pk for form in self.initial_forms}
        aliases = {alias.host: alias.redirect for alias in self.get_queryset() if alias.pk not in shown}
        for form in self.forms:
            row = form.cleaned_data
            if row.get("host") and not row.get("DELETE"):
                aliases[row["host"]] = row["redirect"]
        return {host: redirects for host, redirects in aliases.items() if host != self.instance.domain}


class AliasInline(SuperuserPermissions, admin.TabularInline[Alias, Site]):
    model = Alias
    form = AliasForm
    formset = AliasFormSet
    extra = 1
