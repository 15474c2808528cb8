"""Every save that changes a publishable row stores a version of it, in the transaction of the save."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.sites.models import Site
from django.db.models import QuerySet, signals

from app.accounts.models import User
from app.publishing.review.models import Review
from app.publishing.versions.content import content_of, differing
from app.publishing.versions.models import Version
from app.tenancy.audit.record import acting_person
from app.tenancy.isolation.fixtures import is_loading

#: Versions of one row. The oldest goes when there is another one.
MOST_KEPT = 50
_KEPT = "_kept_version"
Change = Version.Change


def reference(row: Any) -> dict[str, str]:
    """The columns of `RowReference` for a row. A row of a kind and the same row as its parent model are one."""
    return {"label": root_of(type(row))._meta.label_lower, "key": str(row.pk)}


def root_of(model: Any) -> Any:
    """The model whose table has the site of the rows."""
    return model._meta.get_field("site").model


def versions_of(row: Any) -> QuerySet[Version]:
    """The versions of a row of the current site, newest first."""
    found: QuerySet[Version] = Version.objects.filter(**reference(row)).order_by("-number", "-pk")
    return found


def last_version(row: Any) -> Version | None:
    """The newest version. A row that was stored before there were versions gets its first one, from what is stored."""
    if row.pk is None:
        return None
    newest = versions_of(row).first()
    if newest is not None:
        return newest
    stored = _stored(row)
    return None if stored is None else _add(stored, Change.FOUND, None, content=content_of(stored))


def keep(row: Any, last: Version | None) -> None:
    """Stores a version if the row differs from its last one, and deletes those beyond `MOST_KEPT`."""
    vars(row)[_KEPT] = None
    stored = _stored(row)
    if stored is None:
        return
    # What only a kind has stays as it was when the row is saved as its parent model, or the app of the kind is gone.
    content = {**(last.content if last else {}), **content_of(stored)}
    changed = differing(last.content, content, type(stored)) if last else []
    if last and not changed:
        return
    change = Change.RESTORED if row.restored_from else Change.CHANGED if last else Change.ADDED
    kept = _add(stored, change, last, content=content, changed_fields=changed, restored_from=row.restored_from)
    vars(row)[_KEPT], row.restored_from = kept.pk, None
    if kept.number > MOST_KEPT:
        versions_of(row).filter(number__lte=kept.number - MOST_KEPT).delete()
    if "status" in changed and stored.is_published:
        Review.objects.filter(**reference(row)).delete()


def _stored(row: Any) -> Any:
    # Read again: an instance may have expressions, values of other types, and changes that `update_fields` left out.
    found = type(row).objects.filter(pk=row.pk).first()
    return None if found is None else found.whole()


def _add(stored: Any, change: str, last: Version | None, **values: Any) -> Version:
    person_id, person = acting_person() if change != Change.FOUND else (None, "")
    version: Version = Version.objects.create(
        **reference(stored),
        **values,
        number=last.number + 1 if last else 1,
        change=change,
        person=person,
        person_id=person_id,
        status=stored.status,
    )
    return version


def _links_changed(instance: Any, action: str, reverse: bool, model: Any, pk_set: Any, **_: Any) -> None:
    """Receiver of `m2m_changed`: forms and code set many-to-many fields after the save."""
    if action not in {"post_add", "post_remove", "post_clear"} or is_loading():
        return
    if reverse:
        rows = model.objects.filter(pk__in=pk_set or ()) if hasattr(model, "keeps_versions") else ()
    else:
        rows = [instance] if getattr(instance, "keeps_versions", False) else []
    for row in rows:
        _keep_with_last(row)


def _keep_with_last(row: Any) -> None:
    """Puts the links of a row into the version that its save stored a moment ago, if that is still the newest."""
    last = last_version(row)
    if last is None or last.pk != vars(row).get(_KEPT):
        keep(row, last)
        return
    before = versions_of(row).filter(number__lt=last.number).first()
    stored = _stored(row)
    last.content = {**last.content, **content_of(stored)}
    last.changed_fields = differing(before.content, last.content, type(stored)) if before else []
    last.save(update_fields={"content", "changed_fields"})


def _deleted(instance: Any, origin: Any = None, **_: Any) -> None:
    """Receiver of `post_delete`: nothing of a deleted row is left."""
    if Site in {type(origin), getattr(origin, "model", None)}:
        return  # they go with the site
    for model in (Version, Review):
        # all_sites: the deleted row may be of another site than the current one.
        model.all_sites.filter(site_id=instance.site_id, **reference(instance)).delete()


def _person_deleted(instance: User, **_: Any) -> None:
    """Receiver of `pre_delete`: the name of a deleted account is kept nowhere; the log entries have the same text."""
    name = f"deleted:{instance.pk}"
    # all_sites: she wrote on any number of sites.
    Version.all_sites.filter(person_id=instance.pk).update(person=name, person_id=None)
    for role in ("asked_by", "returned_by"):
        Review.all_sites.filter(**{f"{role}_id": instance.pk}).update(**{role: name, f"{role}_id": None})


def connect(publishable: type[Any]) -> None:
    """Connects the receivers, for every installed model of that type."""
    signals.pre_delete.connect(_person_deleted, sender=User, dispatch_uid="versions")
    signals.m2m_changed.connect(_links_changed, dispatch_uid="versions")
    for model in apps.get_models():
        if issubclass(model, publishable) and root_of(model) is model:
            signals.post_delete.connect(_deleted, sender=model, dispatch_uid="versions")
