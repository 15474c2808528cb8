"""The form of a role: the rights that a role can use, in plain words, grouped by model."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.forms.models import ModelChoiceIterator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from app.tenancy.admin.front.groups import TITLES, group_of, group_of_app
from app.tenancy.admin.plain_words import rows_name
from app.tenancy.admin.site_related import SuperuserPermissions, SuperusersOnly
from app.tenancy.models import SiteProfile

WORDS = {"view": _("View"), "add": _("Add"), "change": _("Change"), "delete": _("Delete")}

admin.site.unregister(Group)


class Rows(str):
    """The plural name of a model, which knows in which part of the admin people find its rows."""

    area: str

    def __new__(cls, name: str, area: str) -> Rows:
        made = super().__new__(cls, name)
        made.area = area
        return made


class Right:
    """A permission as the form shows it."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission
        self.model = cast("type[models.Model]", permission.content_type.model_class())
        self.actions = actions_of(self.model)
        self.action = self.actions.get(permission.codename)
        self.label = capfirst(self.action.replace("_", " ")) if self.action else capfirst(permission.name)
        self.label = str(WORDS.get(self.action or "", self.label))
        self.area = area_of(self.model)
        shown_by = admin.site._registry.get(self.model)
        name = rows_name(shown_by) if shown_by is not None else capfirst(str(self.model._meta.verbose_name_plural))
        self.group = Rows(name, str(TITLES[self.area]))

    @property
    def order(self) -> tuple[int, str, str, int]:
        place = [*self.actions].index(self.permission.codename) if self.action else len(self.actions)
        return [*TITLES].index(self.area), self.group.casefold(), self.model._meta.label, place


class RightIterator(ModelChoiceIterator[Permission]):
    """The choices in one group per model."""

    def __iter__(self) -> Iterator[Any]:
        rights = sorted(map(Right, self.queryset.select_related("content_type")), key=lambda right: right.order)
        for (group, _model), found in groupby(rights, key=lambda right: (right.group, right.model)):
            yield group, [(self.choice(right.permission)[0], right.label) for right in found]


class RightsWidget(forms.CheckboxSelectMultiple):
    template_name = "admin/rights.html"


class RightsField(forms.ModelMultipleChoiceField[Permission]):
    iterator = RightIterator
    widget = RightsWidget

    def label_from_instance(self, obj: Permission) -> str:
        right = Right(obj)
        return f"{right.group}: {right.label}"


class RoleForm(forms.ModelForm[Group]):
    permissions = RightsField(queryset=Permission.objects.none(), required=False, label=_("Rights"))

    class Meta:
        model = Group
        fields = ("name", "permissions")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("RightsField", self.fields["permissions"])
        field.queryset = usable = usable_permissions()
        if self.instance._state.adding:
            return
        self.initial["permissions"] = list(usable.filter(group=self.instance))
        names = [permission.name for permission in self._others().order_by("name")]
        if names:
            text = _("This role also has rights that nothing in the admin offers to roles. They stay: %(names)s.")
            field.help_text = text % {"names": ", ".join(names)}

    def clean_permissions(self) -> models.QuerySet[Permission]:
        chosen = [permission.pk for permission in self.cleaned_data["permissions"]]
        return Permission.objects.filter(pk__in=[*chosen, *self._others().values_list("pk", flat=True)])

    def _others(self) -> models.QuerySet[Permission]:
        """The permissions of the role that the form does not offer."""
        if self.instance._state.adding:
            return Permission.objects.none()
        return self.instance.permissions.exclude(pk__in=usable_permissions())


def area_of(model: type[models.Model]) -> str:
    """Where people find the rows: of a model without a list of its own, where its app is."""
    model_admin = admin.site._registry.get(model)
    return group_of(model_admin) if model_admin is not None else group_of_app(model._meta.app_label)


def usable_permissions() -> models.QuerySet[Permission]:
    """What roles can use: the permissions of the models that the admin opens to them."""
    found = models.Q(pk__in=[])
    for model in models_for_roles():
        content_type = ContentType.objects.get_for_model(model)
        own = {codename for codename, _name in model._meta.permissions}
        found |= models.Q(content_type=content_type, codename__in={*actions_of(model), *own})
    return Permission.objects.filter(found)


def models_for_roles() -> set[type[models.Model]]:
    found: set[type[models.Model]] = {SiteProfile}  # its form is the page of the site's settings
    for model, model_admin in admin.site._registry.items():
        if not isinstance(model_admin, SuperuserPermissions):
            found |= {model, *(inline.model for inline in model_admin.inlines)}
    return found


def actions_of(model: type[models.Model]) -> dict[str, str]:
    """Codename → action, in the order of the form: of Django's own actions those that the model has, then its own."""
    actions = [action for action in WORDS if action in model._meta.default_permissions]
    actions += getattr(model, "extra_actions", {})
    return {get_permission_codename(action, model._meta): action for action in actions}


@admin.register(Group)
class RoleAdmin(SuperusersOnly[Group], GroupAdmin):
    row_name, rows_name = _("role"), _("Roles")
    admin_group = "people"
    form = RoleForm
    filter_horizontal = ()
