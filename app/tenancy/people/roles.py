"""The default roles. They are groups: an operator may edit them and add others."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from app.tenancy.models import SiteRelated


def create_default_roles(app_config: AppConfig, using: str = "default", **_: object) -> None:
    """Receiver of `post_migrate`, after the permissions of `app_config` were created.

    A model without a permission in any role is new, and gets its `role_actions`. An operator's changes stay.
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
