"""The three roles that are shipped. They are groups: an operator may edit them and make more."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from app.tenancy.models import SiteRelated

NAMES = ("Author", "Editor", "Site admin")


def ship(app_config: AppConfig, using: str = "default", **_: object) -> None:
    """Receiver of `post_migrate`, after the permissions of `app_config` were made.

    A model that no role mentions is new, and gets its `role_actions`; what an operator edited stays edited.
    """
    for model in app_config.get_models():
        if not issubclass(model, SiteRelated):
            continue
        content_type = ContentType.objects.db_manager(using).get_for_model(model)
        permissions = Permission.objects.using(using).filter(content_type=content_type)
        if Group.objects.using(using).filter(permissions__in=permissions).exists():
            continue
        for name, actions in model.role_actions.items():
            role, _made = Group.objects.using(using).get_or_create(name=name)
            role.permissions.add(*permissions.filter(codename__in=[f"{a}_{model._meta.model_name}" for a in actions]))
