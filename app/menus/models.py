"""Menus: each is a tree of entries, and may be shown at one of the places that the site's theme has."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from app.menus import tree
from app.menus.addresses import LONGEST_ADDRESS, PREFIXES, normalised, validate_address
from app.menus.titles import title_of_one
from app.pages.links import menu_targets
from app.pages.models import Page
from app.tenancy.isolation.content_version import lock_site
from app.tenancy.models import SiteRelated
from app.themes.definition import PLACE

#: Authors write texts; what a site's visitors find first is for those who publish.
ROLE_ACTIONS = {name: actions for name, actions in SiteRelated.role_actions.items() if name != "Author"}


class Menu(SiteRelated):
    """A tree of entries. The theme shows it at `place`; a menu without a place is kept, and not shown."""

    name = models.CharField(_("name"), max_length=100, help_text=_("For you: visitors do not see it."))
    place = models.CharField(
        _("place"),
        max_length=50,
        blank=True,
        default="",
        validators=[
            RegexValidator(rf"^(?:{PLACE.pattern})\Z", _("A place has lower-case letters, digits and hyphens."))
        ],
        help_text=_("Where the theme of this site shows the menu."),
    )

    role_actions = ROLE_ACTIONS

    class Meta:
        verbose_name = _("menu")
        verbose_name_plural = _("menus")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "name"],
                name="one_menu_per_site_and_name",
                violation_error_message=_("This site has a menu with this name."),
            ),
            models.UniqueConstraint(
                fields=["site", "place"],
                name="one_menu_per_site_and_place",
                condition=~models.Q(place=""),
                violation_error_message=_("Another menu of this site has this place."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MenuEntry(SiteRelated):
    """An entry of a menu: a page, which it follows, a page that an app offers, or an address.

    One whose page was deleted leads nowhere, and is not shown, nor what is below it.
    """

    menu = models.ForeignKey(Menu, on_delete=models.CASCADE, related_name="entries", verbose_name=_("menu"))
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="children", verbose_name=_("below")
    )
    position = models.PositiveIntegerField(_("position"), default=0, editable=False)
    page = models.ForeignKey(
        Page, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("page")
    )
    target = models.CharField(_("page of an app"), max_length=200, blank=True, default="")
    address = models.CharField(
        _("address"),
        max_length=LONGEST_ADDRESS,
        blank=True,
        default="",
        validators=[validate_address],
        help_text=_("A path such as /about/, https://…, mailto:… or tel:…"),
    )
    title = models.CharField(_("title"), max_length=200, blank=True, help_text=_("Empty: the title of the page."))

    role_actions = ROLE_ACTIONS
    saved_one_by_one = frozenset({"menu", "menu_id", "parent", "parent_id", "address"})

    class Meta:
        verbose_name = _("menu entry")
        verbose_name_plural = _("menu entries")
        ordering = ["position", "pk"]
        indexes = [models.Index(fields=["site", "menu", "position"], name="menus_tree")]
        constraints = [
            # SECURITY: whatever code writes a row, visitors are not led to `javascript:`, nor to //another.host.
            models.CheckConstraint(
                name="menu_entry_leads_to_path_http_mail_or_phone",
                condition=(
                    models.Q(address="")
                    | models.Q(*[("address__startswith", prefix) for prefix in PREFIXES], _connector=models.Q.OR)
                )
                & ~models.Q(address__startswith="//")
                & ~models.Q(address__startswith="/\\"),
                violation_error_message=_("Enter a path such as /about/, or an address that begins with https://."),
            )
        ]

    def __str__(self) -> str:
        return title_of_one(self)

    def clean(self) -> None:
        super().clean()
        chosen = [value for value in (self.page_id, self.target, self.address) if value]
        if len(chosen) != 1:
            raise ValidationError(_("Choose a page, or a page of an app, or enter an address: one of them."))
        if self.target and self.target not in menu_targets():
            raise ValidationError({"target": _("No app of this site has this page any longer. Choose another one.")})
        if self.address:
            self.derive()
            if not self.title:
                raise ValidationError({"title": _("An address has no title of its own. Enter one.")})
        if self.menu_id is not None:
            tree.refuse_place(self)

    def derive(self) -> None:
        try:
            self.address = normalised(self.address)
        except ValidationError as error:
            raise ValidationError({"address": error}) from None

    @transaction.atomic
    def save(self, **kwargs: Any) -> None:
        """Raises `ValidationError` for an address that visitors must not be led to, and for a place that an entry
        cannot have: below itself, too deep, in another menu, or one too many."""
        # Before the tree is read: two editors could each move an entry below the other's.
        lock_site()
        self.derive()
        try:
            tree.refuse_place(self)
        except ValidationError:
            # SECURITY: what another site has does not exist here, so this is the first error.
            self.refuse_other_sites()
            raise
        super().save(**kwargs)
