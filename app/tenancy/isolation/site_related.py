from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import nullcontext
from typing import Any, ClassVar, Self

from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.base import ModelBase
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from app.postgresql.row_security.scope import every_site
from app.tenancy.current import current_site
from app.tenancy.isolation.content_version import content_changed
from app.tenancy.isolation.cross_site import (
    CrossSiteReference,
    existing_targets,
    refuse_cross_site_keys,
    refuse_rows_of_other_sites,
    site_foreign_keys,
)
from app.tenancy.isolation.managers import AllSitesManager, LinkingManager, SiteManager


class SiteRelated(models.Model):
    """A row that belongs to one site.

    `objects` sees the current site's rows and raises `NoCurrentSite` without one; `all_sites` is the explicit
    exception. `save()` assigns the site, and refuses to write another site's row, to move a row, and to refer to
    another site's row (`CrossSiteReference`). A subclass's own `UniqueConstraint`s begin with `site`.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE, editable=False, related_name="+")

    #: What the shipped roles may do with rows of this model, until an operator changes it (app.tenancy.people.roles).
    role_actions: ClassVar[Mapping[str, Collection[str]]] = {
        "Author": ("view", "add", "change"),
        "Editor": ("view", "add", "change", "delete"),
        "Site admin": ("view", "add", "change", "delete"),
    }

    #: Actions besides Django's view, add, change and delete, and their names for people. Each is a permission
    #: `<action>_<model>` of every model that inherits it.
    extra_actions: ClassVar[Mapping[str, str]] = {}

    #: Whether visitors may see it: a change then raises the site's content version, and locks the site for that long.
    is_content: ClassVar[bool] = True
    #: Fields from which `save()` derives others: bulk writes of one of them save every row instead.
    saved_one_by_one: ClassVar[frozenset[str]] = frozenset()
    #: Foreign keys that the text of a row is made of, for the list of what goes with a deletion.
    named_by: ClassVar[tuple[str, ...]] = ()

    objects: ClassVar[SiteManager] = SiteManager()
    all_sites: ClassVar[AllSitesManager[Self]] = AllSitesManager()
    #: For Django's own use.
    linking: ClassVar[LinkingManager] = LinkingManager()

    class Meta:
        abstract = True
        base_manager_name = "linking"

    def save(
        self,
        *,
        force_insert: bool | tuple[ModelBase, ...] = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        self.refuse_other_sites(is_new=bool(force_insert))
        with transaction.atomic(using):
            content_changed(type(self))
            super().save(force_insert=force_insert, force_update=force_update, using=using, update_fields=update_fields)

    @property
    def kind_title(self) -> str:
        """What the admin calls this row among rows of other models."""
        return capfirst(str(self._meta.verbose_name))

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        self.assign_site()
        self._refuse_row_of_another_site()
        with transaction.atomic(using):
            content_changed(type(self))
            return super().delete(using=using, keep_parents=keep_parents)

    def refresh_from_db(
        self, using: str | None = None, fields: Any = None, from_queryset: models.QuerySet[Self] | None = None
    ) -> None:
        # every_site: a deferred field belongs to a row that was loaded already. An error of a cascade shows such rows,
        # also where no site is current.
        is_deferred = fields and not self._state.adding and self.get_deferred_fields().issuperset(fields)
        if from_queryset is None and not is_deferred:
            from_queryset = type(self).objects.db_manager(using).all()
        with every_site() if is_deferred else nullcontext():
            super().refresh_from_db(using, fields, from_queryset)

    def clean(self) -> None:
        super().clean()
        for field in site_foreign_keys(type(self)):
            value = getattr(self, field.attname)
            if value is not None and not existing_targets(field, {value}):
                raise ValidationError({field.name: _("Select a valid choice.")})

    # No form has the site and computed fields such as a path, and Django skips the constraints of fields that a form
    # leaves out: a second row with the same path would fail with 500 instead of a message.

    def full_clean(self, exclude: Iterable[str] | None = None, *args: Any, **kwargs: Any) -> None:
        self.assign_site()
        super().full_clean(self._excluded(exclude), *args, **kwargs)

    def validate_unique(self, exclude: Iterable[str] | None = None) -> None:
        super().validate_unique(self._excluded(exclude))

    def validate_constraints(self, exclude: Iterable[str] | None = None) -> None:
        super().validate_constraints(self._excluded(exclude))

    def derive(self) -> None:
        """Sets the fields that follow from others. Called for each row of a `bulk_create()`; `save()` may use it."""

    def assign_site(self) -> None:
        """Gives a new row the current site. Raises `CrossSiteReference` if it has another."""
        site = current_site()
        self.site_id = self.site_id or site.id
        if self.site_id != site.id:
            raise CrossSiteReference(type(self), "site")

    def refuse_other_sites(self, *, is_new: bool = False) -> None:
        """Raises `CrossSiteReference` if this row, or one that it refers to, belongs to another site."""
        self.assign_site()
        refuse_cross_site_keys(type(self), [self])
        if not is_new:
            self._refuse_row_of_another_site()

    def _excluded(self, exclude: Iterable[str] | None) -> set[str]:
        return set(exclude or ()) - {field.name for field in self._meta.concrete_fields if not field.editable}

    def _refuse_row_of_another_site(self) -> None:
        # SECURITY: Django writes by primary key alone: an instance that was built by hand, or whose site was changed
        # in memory, would overwrite (or delete) another site's row.
        if self.pk is not None:
            refuse_rows_of_other_sites(type(self), {self.pk})
