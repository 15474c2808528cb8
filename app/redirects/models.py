from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from app.redirects import addresses, targets
from app.redirects.chains import final_target
from app.redirects.served import is_served
from app.tenancy.content_cache import cached_by_content
from app.tenancy.isolation.content_version import lock_site
from app.tenancy.isolation.prepared import Parameter, PreparedQuery
from app.tenancy.models import SiteRelated


class Redirect(SiteRelated):
    """An old address of the site, and where it leads: a path, another website, or nowhere (410).

    It is used when the site has nothing at the address.
    """

    old_path = models.CharField(
        _("old address"),
        max_length=addresses.LONGEST,
        help_text=_(
            "Path, with a query where it matters: /about.html or /news?id=7. With or without a slash at the end is the "
            "same, and so is the order of the query's keys. A path also matches every query that has no redirect of "
            "its own. A domain before the path is left out."
        ),
    )
    new = models.CharField(
        _("leads to"),
        max_length=targets.LONGEST,
        blank=True,
        help_text=_("A path (/new-page/) or an address (https://...). Empty: visitors get “gone” (410)."),
    )
    is_permanent = models.BooleanField(
        _("permanent"), default=True, help_text=_("Search engines replace the old address (301); otherwise 302.")
    )
    created_automatically = models.BooleanField(_("automatic"), default=False, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    hits = models.PositiveBigIntegerField(_("hits"), default=0, editable=False)
    last_hit_at = models.DateTimeField(_("last hit"), null=True, editable=False)

    saved_one_by_one = frozenset({"old_path"})

    role_actions = {name: actions for name, actions in SiteRelated.role_actions.items() if name != "Author"}

    class Meta:
        verbose_name = _("redirect")
        verbose_name_plural = _("redirects")
        ordering = ("old_path",)
        constraints = [
            models.UniqueConstraint(
                fields=["site", "old_path"],
                name="one_redirect_per_site_and_address",
                violation_error_message=_("This address has a redirect already."),
            ),
            # SECURITY: whatever code writes a row, it leads to a path of the site or is a full address.
            models.CheckConstraint(
                name="redirect_leads_to_path_or_http",
                condition=models.Q(new="")
                | models.Q(new__startswith="http://")
                | models.Q(new__startswith="https://")
                | (models.Q(new__startswith="/") & ~models.Q(new__startswith="//") & ~models.Q(new__startswith="/\\")),
                violation_error_message=targets.NO_TARGET,
            ),
        ]

    def __str__(self) -> str:
        return self.old_path

    def clean(self) -> None:
        super().clean()
        if self.new.strip() and not self.new.strip().startswith("/") and ":" not in self.new:
            raise ValidationError({"new": targets.NO_TARGET})
        self._normalise()
        self._follow_chain()

    def derive(self) -> None:
        self._normalise()

    @transaction.atomic
    def save(self, **kwargs: Any) -> None:
        """Saves the redirect. Others that lead to its old address lead to its target from now on.

        Raises `ValidationError` for an address or a target that is not possible, and for a loop.
        """
        if (fields := kwargs.get("update_fields")) is not None:
            if {"old_path", "new"}.isdisjoint(fields):
                super().save(**kwargs)  # an old instance changes no chain
                return
            kwargs["update_fields"] = {*fields, "old_path", "new"}
        lock_site()
        self._normalise()
        self._follow_chain()
        super().save(**kwargs)
        if self.new and "?" not in self.old_path and not self.is_hidden:
            spellings = {self.old_path, f"{self.old_path.rstrip('/')}/"}
            Redirect.objects.filter(new__in=spellings).exclude(pk=self.pk).update(new=self.new)

    @property
    def is_hidden(self) -> bool:
        """Whether visitors find something at the old address, so that the redirect is not used."""
        return is_served(addresses.path_of(self.old_path))

    def _normalise(self) -> None:
        for name, normalised in (("old_path", addresses.normalised), ("new", targets.normalised)):
            try:
                setattr(self, name, normalised(getattr(self, name)))
            except ValidationError as error:
                raise ValidationError({name: error}) from None

    def _follow_chain(self) -> None:
        def redirect_at(exact: str, stem: str) -> tuple[str, str] | None:
            found = find(exact, stem, apart_from=self)
            return (found.old_path, found.new) if found is not None else None

        try:
            self.new = final_target(self.old_path, self.new, redirect_at)
        except ValidationError as error:
            raise ValidationError({"new": error}) from None


_matching: PreparedQuery[Redirect] = PreparedQuery(
    lambda: Redirect.objects.filter(
        models.Q(old_path=Parameter("exact", models.CharField()))
        | models.Q(old_path=Parameter("stem", models.CharField()))
    )
)


def find(exact: str, stem: str, *, apart_from: Redirect | None = None) -> Redirect | None:
    """The redirect of an address on the current site: with its query first. At most one query."""
    if len(stem) > addresses.LONGEST or not cached_by_content("has redirects", Redirect.objects.exists):
        return None
    found = {row.old_path: row for row in _matching.rows(exact=exact, stem=stem)}
    if apart_from is not None:
        found = {address: row for address, row in found.items() if row.pk != apart_from.pk}
    return found.get(exact) or found.get(stem)
