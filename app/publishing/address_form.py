"""Forms of what has an address of its own."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.forms import ModelForm

ADDRESS = frozenset({"slug", "own_path", "parent"})


class OneFaultInAddress(ModelForm[Any]):
    """One message for one fault: the model's later checks of an address fail because of the first."""

    def add_error(self, field: str | None, error: Any) -> None:
        if field is None and hasattr(error, "error_dict"):
            is_known = not ADDRESS.isdisjoint(self.errors)
            error = ValidationError(
                {
                    name: faults[:1] if name in ADDRESS else faults
                    for name, faults in error.error_dict.items()
                    if not (is_known and name in ADDRESS)
                }
            )
        super().add_error(field, error)


def one_fault_in_address(form: Any) -> Any:  # Any: Django makes the class of a form at run time
    """The form class, with `OneFaultInAddress`."""
    return type(form)(form.__name__, (OneFaultInAddress, form), {"__module__": form.__module__})
