"""What hangs off `django.contrib.sites`' Site, and `SiteRelated`, the parent of everything that belongs to one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models.base import ModelBase
from django.utils.translation import gettext_lazy as _

from app.tenancy.current import current_site
from app.tenancy.directory import ACTIVE, ARCHIVED, SUSPENDED
from app.tenancy.isolation.managers import (
    AllSitesManager,
    LinkingManager,
    LinkToAnotherSite,
    SiteManager,
    links,
    raise_content_version,
    refuse_foreign_links,
)


class Related(ModelBase):
    """The class of `SiteRelated` models: the manager that Django itself writes with is ours. It is no attribute of
    the models, as `Meta.base_manager_name` would make it, so neither code nor migrations name it."""

    @property
    def _base_manager(cls) -> Any:  # the stub's type depends on the model
        manager = LinkingManager()
        manager.name, manager.auto_created = "_base_manager", True
        manager.model = cls
        return manager


class SiteRelated(models.Model, metaclass=Related):
    """A row that belongs to one site.

    `objects` sees the current site's rows and raises `NoCurrentSite` without one; `all_sites` is the explicit
    exception. `save()` fills the site, and refuses to write another site's row, to move a row, and to link one
    to another site's row (`LinkToAnotherSite`). A subclass's own `UniqueConstraint`s begin with `site`.
    """

    site = models.ForeignKey(Site, on_delete=models.CASCADE, editable=False, related_name="+")

    #: What the shipped roles may do with rows of this model, until an operator changes it (app.tenancy.people.roles).
    role_actions: ClassVar[Mapping[str, Collection[str]]] = {
        "Author": ("view", "add", "change"),
        "Editor": ("view", "add", "change", "delete"),
        "Site admin": ("view", "add", "change", "delete"),
    }

    objects: ClassVar[SiteManager] = SiteManager()
    all_sites: ClassVar[AllSitesManager[Self]] = AllSitesManager()

    class Meta:
        abstract = True

    def save(
        self,
        *,
        force_insert: bool | tuple[ModelBase, ...] = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        self.fill_site()
        refuse_foreign_links(type(self), [self])
        if not force_insert:
            self._refuse_row_of_another_site()
        with transaction.atomic(using):
            raise_content_version()
            super().save(force_insert=force_insert, force_update=force_update, using=using, update_fields=update_fields)

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        self.fill_site()
        self._refuse_row_of_another_site()
        with transaction.atomic(using):
            raise_content_version()
            return super().delete(using=using, keep_parents=keep_parents)

    def refresh_from_db(
        self, using: str | None = None, fields: Any = None, from_queryset: models.QuerySet[Self] | None = None
    ) -> None:
        super().refresh_from_db(using, fields, from_queryset or type(self).objects.db_manager(using).all())

    def clean(self) -> None:
        super().clean()
        for field in links(type(self)):
            value = getattr(self, field.attname)
            target: SiteManager = field.related_model.objects  # type: ignore[attr-defined]  # links() picked SiteRelated
            if value is not None and not target.filter(**{field.target_field.attname: value}).exists():
                raise ValidationError({field.name: _("Select a valid choice.")})

    # The site, and what is worked out such as a path, is on no form, and Django skips the constraints of fields
    # that a form leaves out: a second row of the same path would be a 500 instead of a message.

    def full_clean(self, exclude: Iterable[str] | None = None, *args: Any, **kwargs: Any) -> None:
        self.fill_site()
        super().full_clean(self._left_out(exclude), *args, **kwargs)

    def validate_unique(self, exclude: Iterable[str] | None = None) -> None:
        super().validate_unique(self._left_out(exclude))

    def validate_constraints(self, exclude: Iterable[str] | None = None) -> None:
        super().validate_constraints(self._left_out(exclude))

    def fill_site(self) -> None:
        """Gives a new row the current site. Raises `LinkToAnotherSite` if it has another."""
        site = current_site()
        if self.site_id is None:  # a new row
            self.site_id = site.id  # type: ignore[unreachable]  # the stub knows only rows from the database
        elif self.site_id != site.id:
            raise LinkToAnotherSite(type(self), "site")

    def _left_out(self, exclude: Iterable[str] | None) -> set[str]:
        return set(exclude or ()) - {field.name for field in self._meta.concrete_fields if not field.editable}

    def _refuse_row_of_another_site(self) -> None:
        # SECURITY: Django writes by primary key alone: an instance that was made up, or whose site was changed
        # in memory, would be saved over (or delete) another site's row. all_sites: only there is that row seen.
        if self.pk is not None and type(self).all_sites.filter(pk=self.pk).exclude(site_id=self.site_id).exists():
            raise LinkToAnotherSite(type(self), "site")


class Epoch(models.Model):
    """One row; triggers raise it with every change that the directory must notice."""

    value = models.BigIntegerField(default=1)


class SiteProfile(models.Model):
    """What Colonnade knows of a site beyond its domain and name."""

    class State(models.TextChoices):
        ACTIVE = ACTIVE, _("Active")
        SUSPENDED = SUSPENDED, _("Suspended: visitors get 503")
        ARCHIVED = ARCHIVED, _("Archived: visitors get 410")

    class Manager(models.TextChoices):
        ADMIN = "admin", _("the admin or a command")
        FILE = "file", _("a file of declared sites")

    site = models.OneToOneField(Site, on_delete=models.CASCADE, related_name="profile")
    key = models.SlugField(_("key"), max_length=63, unique=True, help_text=_("A short name that never changes."))
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.ACTIVE)
    theme = models.SlugField(_("theme"), max_length=50, blank=True)
    colour = models.CharField(
        _("colour"),
        max_length=7,
        blank=True,
        validators=[RegexValidator(r"\A#[0-9a-fA-F]{6}\Z", _("A colour such as #1f6f5c."))],
        help_text=_("Marks the site in the admin and accents its pages."),
    )
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    content_version = models.PositiveBigIntegerField(default=1, editable=False)
    managed_by = models.CharField(max_length=5, choices=Manager.choices, default=Manager.ADMIN, editable=False)

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")

    def __str__(self) -> str:
        return self.key


class Alias(models.Model):
    """Another host of a site; `*.example.org` stands for one or more labels. The host is stored normalised."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="aliases")
    host = models.CharField(_("host"), max_length=255, unique=True)
    redirect = models.BooleanField(
        _("redirect"),
        default=True,
        help_text=_("Send visitors to the site's own domain; otherwise serve them here."),
    )

    class Meta:
        verbose_name = _("alias")
        verbose_name_plural = _("aliases")

    def __str__(self) -> str:
        return self.host


class Membership(SiteRelated):
    """A person's role on one site. Roles are groups; what a role may do holds on this site only."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("user")
    )
    role = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="+", verbose_name=_("role"))

    role_actions = {"Site admin": ("view", "add", "change", "delete")}

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(
                fields=["site", "user"],
                name="one_role_per_person_and_site",
                violation_error_message=_("This person is a member already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.role}"


class LoggedAction(SiteRelated):
    """The site on which an admin action was done."""

    entry = models.ForeignKey(LogEntry, on_delete=models.CASCADE, related_name="logged_actions")

    role_actions = {}

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "entry"], name="an_action_is_logged_once_per_site")]

    def __str__(self) -> str:
        return str(self.entry)
