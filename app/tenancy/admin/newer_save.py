"""A form of the admin is not saved over a newer version: the person who opened it earlier sees both texts.

A hidden field has a digest of each stored value, from when the form was opened. A value whose digest is another one now
was saved by somebody else meanwhile. Of a secret, neither the value nor a digest of it alone is in the page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, ClassVar

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.forms import BaseModelForm, ModelChoiceField, ModelMultipleChoiceField
from django.utils.crypto import salted_hmac
from django.utils.formats import localize
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from app.tenancy.admin.secret_fields import NOT_SHOWN, is_secret

#: Name of the hidden field.
OPENED_WITH = "_opened_with"


class RefusesNewerValues(BaseModelForm[Any]):
    """For a form of the admin: an error at each field that somebody else has changed since it was opened."""

    #: Field → stored value, where the form may show another one than is stored, such as a preview.
    stored_values: Mapping[str, Any] | None = None
    #: Whether the admin's log has every save of such a row, so that its last entry says who saved.
    is_always_logged: ClassVar[bool] = True

    def stored_beside(self) -> Mapping[str, tuple[Any, str]]:
        """Name → title and stored value, as text, of what is saved with the form and is no field of it."""
        return {}

    def clean(self) -> Any:
        cleaned = super().clean()
        newer = _newer_values(self)
        if newer:
            self.add_error(None, _explanation(self.instance, is_logged=self.is_always_logged))
        beside = self.stored_beside()
        for name in newer:
            if name in beside:
                title, text = beside[name]
                self.add_error(None, f"{title}. {_('Stored now:')} {text or '-'}")
            else:
                self.add_error(name, f"{_('Stored now:')} {_shown(self, name, _stored(self, name))}")
        return cleaned


def refuse_to_replace_newer_values(form: Any, *, is_always_logged: bool = True) -> Any:  # Any: made at run time
    """The form class, with `RefusesNewerValues`."""
    names = {"__module__": form.__module__, "is_always_logged": is_always_logged}
    bases = (form,) if issubclass(form, RefusesNewerValues) else (RefusesNewerValues, form)
    return type(form)(form.__name__, bases, names)


class ListRow(BaseModelForm[Any]):
    """For a row of a list in the admin: what was not changed on the page is not saved, and keeps its stored value.

    The page has each value as it was opened with. A value that was changed there and by somebody else meanwhile has an
    error with the stored one; saving again replaces it.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for name, field in self.fields.items():
            # Without the opened value, what was sent is compared with the stored one.
            # SECURITY: the hidden field has the value itself, so not for a secret.
            is_opened = not self.is_bound or self[name].html_initial_name in self.data
            field.show_hidden_initial = is_opened and not is_secret(field)

    def clean(self) -> Any:
        cleaned = super().clean()
        values: dict[str, Any] = self.cleaned_data if cleaned is None else cleaned
        for name, field in self.fields.items():
            if name not in values or not field.show_hidden_initial:
                continue
            if name not in self.changed_data:
                values[name] = getattr(self.instance, name)
            elif self._is_newer(name):
                stored = _shown(self, name, self.initial.get(name))
                newer = _("Somebody saved a newer value. Saving again replaces it. Stored now:")
                self.add_error(name, f"{newer} {stored}")
                # The next attempt is compared with the value that the message names.
                sent: Any = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
                sent[self[name].html_initial_name] = self._opened_as(name)
                self.data = sent
        return values

    def _is_newer(self, name: str) -> bool:
        field, stored = self.fields[name], self.initial.get(name)
        opened = field.hidden_widget().value_from_datadict(self.data, self.files, self[name].html_initial_name)
        return field.has_changed(stored, opened)

    def _opened_as(self, name: str) -> Any:
        return self.fields[name].prepare_value(self.initial.get(name))


def keep_newer_values(form: Any) -> Any:  # Any: Django makes the class of a form at run time
    """The form class, with `ListRow`."""
    return type(form)(form.__name__, (ListRow, form), {"__module__": form.__module__})


def digests(form: BaseModelForm[Any]) -> str:
    """Field → digest of its stored value, as JSON, for the hidden field. Empty for a row that is not stored yet, and
    for a form that does not refuse newer values."""
    if form.instance._state.adding or not isinstance(form, RefusesNewerValues):
        return ""
    # What cannot be written by the form replaces nothing, such as the hash of a password.
    found = {name: _digest_in(form, name) for name, field in form.fields.items() if not field.disabled}
    found |= {name: _digest(text) for name, (_title, text) in form.stored_beside().items()}
    return json.dumps(found, separators=(",", ":"))


def _stored(form: RefusesNewerValues, name: str) -> Any:
    return (form.initial if form.stored_values is None else form.stored_values).get(name)


def _newer_values(form: RefusesNewerValues) -> list[str]:
    """What has another stored value than the form was opened with. What was sent for it does not matter."""
    sent = form.data.get(OPENED_WITH)
    if not sent or form.instance._state.adding:
        return []
    try:
        opened = json.loads(sent)
    except ValueError:
        return []
    now = json.loads(digests(form))
    return [name for name, digest in now.items() if isinstance(opened, dict) and opened.get(name, digest) != digest]


def _digest_in(form: RefusesNewerValues, name: str) -> str:
    value = _stored(form, name)
    if not is_secret(form.fields[name]):
        return _digest(value)
    # SECURITY: with a key that only the deployment has, and different in each row: it confirms no guess.
    salt = f"app.tenancy.admin.newer_save:{form.instance._meta.label}:{form.instance.pk}:{name}"
    return salted_hmac(salt, str(value), algorithm="sha256").hexdigest()[:16]


def _digest(value: Any) -> str:
    if isinstance(value, list | tuple | models.QuerySet):
        value = sorted(str(getattr(one, "pk", one)) for one in value)
    return sha256(str(getattr(value, "pk", value)).encode()).hexdigest()[:16]


def _shown(form: Any, name: str, value: Any) -> str:
    """The stored value as a reader would write it. A widget of marked-up text has a method `as_text` for it."""
    field = form.fields[name]
    if is_secret(field):
        return str(NOT_SHOWN if value else "-")
    if isinstance(field, ModelMultipleChoiceField):
        return ", ".join(field.label_from_instance(row) for row in value or ()) or "-"
    if isinstance(field, ModelChoiceField):
        row = field.queryset.filter(pk=value).first() if field.queryset is not None else None
        return field.label_from_instance(row) if row is not None else "-"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "-"
    text = str(localize(value if value is not None else ""))
    as_text = getattr(field.widget, "as_text", str)
    return as_text(text) or "-"


def _explanation(row: models.Model, *, is_logged: bool) -> str:
    kind = ContentType.objects.get_for_model(row)
    entries = LogEntry.objects.filter(content_type=kind, object_id=row.pk).select_related("user")
    entry = entries.first() if is_logged else None
    message = _(
        "{what} Nothing of yours was saved, and all that you wrote is still here. What is stored now is at each field "
        "that differs from what you opened. Take over what you need and save: that replaces it."
    )
    what = str(_("Somebody saved a newer version while you were writing."))
    if entry is not None:
        values = {"person": entry.user.shown_name, "time": f"{localtime(entry.action_time):%H:%M}"}
        what = _("%(person)s saved a newer version at %(time)s, while you were writing.") % values
    return str(message).format(what=what)
