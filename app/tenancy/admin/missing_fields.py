"""A fault of a field that a form lacks, because the person may not change it: Django would answer with a 500."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, FieldDoesNotExist, ValidationError
from django.forms import BaseModelForm
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _


class TellsOfMissingFields(BaseModelForm[Any]):
    """A fault that the model finds in a field that is not in the form becomes one of the whole form, with its title."""

    def add_error(self, field: str | None, error: Any) -> None:
        if field is None and hasattr(error, "error_dict"):
            error = ValidationError(_for_form(self, error.error_dict))
        super().add_error(field, error)


def tell_of_missing_fields(form: Any) -> Any:  # Any: Django makes the class of a form at run time
    """The form class, with `TellsOfMissingFields`."""
    if issubclass(form, TellsOfMissingFields):
        return form
    return type(form)(form.__name__, (TellsOfMissingFields, form), {"__module__": form.__module__})


def _for_form(form: BaseModelForm[Any], faults: dict[str, list[ValidationError]]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for name, errors in faults.items():
        title = None if name == NON_FIELD_ERRORS or name in form.fields else _title(form, name)
        if title is None:
            found.setdefault(name, []).extend(errors)
            continue
        hint = _("You may not change this field here; a person with more rights on this site may.")
        messages = [message for error in errors for message in error.messages]
        texts = [format_html("{}: {} {}", title, message, hint) for message in messages]
        found.setdefault(NON_FIELD_ERRORS, []).extend(texts)
    return found


def _title(form: BaseModelForm[Any], name: str) -> str | None:
    """None for a name that the model does not have: that is a fault of the code, and Django says so."""
    try:
        field: Any = form._meta.model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return capfirst(str(field.verbose_name))
