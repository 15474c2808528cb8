"""The kind of page that leads elsewhere."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from app.pages.addresses import LONGEST_PATH
from app.pages.links import AddressField, destination_of, leads_back_to, path_here, validate_address
from app.pages.page import Page


class LinkPage(Page):
    """An entry of the page tree and of the menus that leads elsewhere: to an address, or to a page of an app."""

    icon = "pages/kinds/link.svg"
    help_text = _("An entry of the menus that leads to another page, to an app of this site, or to another site.")

    address = AddressField(
        _("address"),
        max_length=LONGEST_PATH,
        blank=True,
        help_text=_("Of another site, with https://, or a path of this site such as /about/."),
    )
    target = models.CharField(_("target"), max_length=200, blank=True, help_text=_("A page of an app."))

    saved_one_by_one = Page.saved_one_by_one | {"address"}

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")

    def clean(self) -> None:
        super().clean()
        if bool(self.address) == bool(self.target):
            raise ValidationError({"address": _("Enter an address, or choose a target.")})
        leads_to = destination_of(self.address, self.target)
        if leads_to is None:
            raise ValidationError({"target": _("No app has this target any longer. Choose another one.")})
        if leads_back_to(self.path, leads_to):
            raise ValidationError({"address" if self.address else "target": _("This link would lead back to itself.")})

    def save(self, **kwargs: Any) -> None:
        """As `Page.save()`. Raises `ValidationError` also for an address that visitors must not be led to."""
        if self.address:
            validate_address(self.address)
        super().save(**kwargs)

    def serve(self, request: HttpRequest, *, is_draft: bool = False) -> HttpResponse:  # noqa: ARG002  # as Page's
        """A temporary redirect: browsers keep a permanent one, so an editor could not change where a link leads.

        Raises `Http404` if no app has the target any longer, or it is the address of the link itself.
        """
        leads_to = destination_of(self.address, self.target)
        if leads_to is None or path_here(leads_to) == self.path:
            raise Http404
        return HttpResponseRedirect(leads_to)
