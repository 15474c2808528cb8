"""The settings of one site as a form. It writes nothing: `specification` is the site as the form describes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from app.media.logo import LONGEST_ALT
from app.site_settings import fields
from app.tenancy.admin import theme_fields
from app.tenancy.admin.newer_save import RefusesNewerValues
from app.tenancy.colours import too_faint
from app.tenancy.models import SiteProfile
from app.tenancy.sites.robots import clean_robots
from app.tenancy.sites.specification import specification_of, specify
from app.tenancy.sites.theme_options import stored_options
from app.tenancy.sites.themes import theme_of
from app.tenancy.sites.validation import MAX_NAME, clean_colour
from app.tenancy.sites.values.analytics import offered_keys
from app.tenancy.sites.values.registered import clean_setting, usable_setting
from app.tenancy.sites.values.shown import OWN_SETTINGS

#: What a file of declared sites writes again, whether it names it or not.
DECLARED = ("name", "theme", "colour", "robots")
#: The field with the errors of a setting that has several fields.
PLACES = {"analytics": "analytics_provider", "social": None, "messages": None}


class SettingsForm(RefusesNewerValues, forms.ModelForm[SiteProfile]):
    """For the profile of a site. A subclass has the fields for the options of `shown_theme`."""

    shown_theme: ClassVar[str] = ""

    name = fields.text(_("Name"), most=MAX_NAME, required=True)
    theme = forms.CharField()  # its choices depend on the site
    options_of = forms.CharField(required=False, widget=forms.HiddenInput)
    colour = forms.CharField(
        label=_("Colour of the site"),
        required=False,
        max_length=7,
        widget=forms.TextInput(attrs={"size": 8, "data-colour": ""}),
        help_text=_("Such as #1f6f5c. It also marks the site in the admin."),
    )
    logo_alt = fields.text(
        _("Logo in words"), _("What is read out for the logo. Empty: the name of the site."), most=LONGEST_ALT
    )

    class Meta:
        model = SiteProfile
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored = specification_of(self.instance)
        self.specification = self.stored
        usable = {name: usable_setting(name, self.stored.settings) for name in OWN_SETTINGS}
        self._add_fields(usable)
        self.initial = {
            **fields.initial(usable),
            **{name: getattr(self.stored, name) for name in ("name", "theme", "colour")},
            "robots": str(self.stored.settings.get("robots", "")),
            "options_of": self.shown_theme,
            **theme_fields.initial_options(self.shown_theme, stored_options(self.stored.settings)),
        }
        if self.is_declared:
            for name in (*DECLARED, *theme_fields.option_fields(self.shown_theme)):
                self.fields[name].disabled = True

    @property
    def is_declared(self) -> bool:
        """Whether a file writes what `DECLARED` names."""
        return bool(self.instance.managed_by == SiteProfile.Manager.FILE)

    @property
    def mended_colours(self) -> dict[str, str]:
        """The backgrounds on which the colour of the form is hard to read, and what is shown there instead."""
        return too_faint(self["colour"].value())

    def _add_fields(self, usable: Mapping[str, Any]) -> None:
        note = _("To see the options of another theme here, choose it and save. The preview shows it before.")
        choices = theme_fields.theme_choices(self.stored.theme)
        self.fields |= {
            "theme": forms.ChoiceField(label=_("Theme"), choices=choices, required=False, help_text=note),
            "tagline": fields.tagline(),
            "logo": fields.logo(),
            "footer": fields.footer(),
            "language": fields.language(),
            "time_zone": fields.time_zone(usable["time_zone"] or ""),
            "robots": fields.robots(),
            **dict(fields.social()),
            **dict(fields.analytics()),
            **dict(fields.messages()),
        }

    def clean_colour(self) -> str:
        return clean_colour(self.cleaned_data["colour"])

    def clean_robots(self) -> str:
        rules = str(self.cleaned_data["robots"]).replace("\r\n", "\n")
        try:
            return clean_robots(rules)
        except ValidationError as fault:
            raise ValidationError([text.removeprefix("settings.robots: ") for text in fault.messages]) from None

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        changed: dict[str, Any] = {
            name: values[name]
            for name in ("name", "theme", "colour")
            if name in values and values[name] != getattr(self.stored, name)
        }
        settings = self._settings(values)
        if settings != self.stored.settings:
            changed["settings"] = settings
        if not self.errors:
            try:
                self.specification = specify(self.stored, **changed)
            except ValidationError as faults:
                for name, found in faults.message_dict.items():
                    self.add_error(name if name in self.fields else None, found)
        return values

    def _settings(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The settings of the site with those of the form; faults become errors of their fields."""
        settings: dict[str, Any] = dict(self.stored.settings)
        for name, raw in fields.given(values).items():
            try:
                self._put(settings, name, None if self._keys_are_missing(name, raw) else clean_setting(name, raw))
            except ValidationError as fault:
                self.add_error(PLACES.get(name, name), fault)
        if not self.fields["robots"].disabled:
            self._put(settings, "robots", values.get("robots"))
        # The fields of another theme than the chosen one say nothing about its options.
        stored = stored_options(self.stored.settings)
        options = theme_fields.chosen_options(stored, self.shown_theme, values)
        if theme_of(values.get("theme", "")) is theme_of(self.shown_theme) and options != stored:
            self._put(settings, "options", options)
        return settings

    def _keys_are_missing(self, name: str, raw: Any) -> bool:
        """Whether the chosen service lacks a key, or has a bad one: an error at the field of that key."""
        provider = raw.get("provider") if name == "analytics" else None
        faults: dict[str, ValidationError] = {}
        for key, wanted in offered_keys()[provider].items() if provider else ():
            try:
                wanted.clean(raw[key])
            except ValidationError as fault:
                faults[f"analytics_{provider}_{key}"] = ValidationError(
                    [f"{wanted.label}: {m}" for m in fault.messages]
                )
        for place, found in faults.items():
            if place not in self.errors:
                self.add_error(place, found)
        return bool(faults)

    @staticmethod
    def _put(settings: dict[str, Any], name: str, value: Any) -> None:
        if value:
            settings[name] = value
        else:
            settings.pop(name, None)

    def _post_clean(self) -> None:
        """The row itself is written by `app.tenancy.sites.write`."""

    def fieldsets(self) -> list[tuple[Any, dict[str, Any]]]:
        """The groups, as the admin shows them."""
        options = tuple(theme_fields.option_fields(self.shown_theme))
        collapsed = {"classes": ("collapse",)}
        return [
            (_("Name and logo"), {"fields": ("name", "tagline", "logo", "logo_alt")}),
            (
                _("Looks"),
                {"fields": ("theme", *options, "colour", "options_of"), "description": self._note_on_options()},
            ),
            (_("Footer"), {"fields": ("footer",)}),
            (_("Language and time"), {"fields": ("language", "time_zone")}),
            (_("Social networks"), {"fields": tuple(dict(fields.social())), **collapsed}),
            (_("Analytics"), {"fields": tuple(dict(fields.analytics())), **collapsed}),
            (_("Search engines"), {"fields": ("robots",), **collapsed}),
            (
                _("Messages when the site is closed"),
                {
                    "fields": tuple(dict(fields.messages())),
                    "description": _("What visitors read instead of the pages. Empty: the platform's own text."),
                    **collapsed,
                },
            ),
        ]

    def _note_on_options(self) -> str:
        unused = theme_fields.unused_options(stored_options(self.stored.settings), self.shown_theme)
        return theme_fields.note_on_unused(unused) if unused else ""
