"""Fixtures of every site (`dumpdata --all`): the links of a row are read and written on its site.

Links are the values of many-to-many fields. Django's serialisers use the managers of these fields, which need a current
site.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any

from django.core.serializers import base, python, xml_serializer

from app.tenancy.current import current_site_or_none, use_site
from app.tenancy.isolation.cross_site import is_site_related

_loading = ContextVar("loading", default=False)


def is_loading() -> bool:
    """Whether a fixture is being loaded: its rows are as they were stored, and nothing is made of them."""
    return _loading.get()


def use_the_site_of_each_row() -> None:
    """Wraps what Django's serialisers do with the links of one row. Call it once, in `AppConfig.ready`."""
    for serialiser in (python.Serializer, xml_serializer.Serializer):
        setattr(serialiser, "handle_m2m_field", _reading(serialiser.handle_m2m_field))  # noqa: B010
    setattr(base.DeserializedObject, "save", _writing(base.DeserializedObject.save))  # noqa: B010


def _reading(handle: Any) -> Any:
    @wraps(handle)
    def handle_links(self: Any, row: Any, field: Any) -> None:
        with _on_its_site(row):
            handle(self, row, field)

    return handle_links


def _writing(save: Any) -> Any:
    @wraps(save)
    def save_row(self: Any, *args: Any, **options: Any) -> None:
        token = _loading.set(True)
        try:
            # Only links need a site: the site itself may come later in the file.
            with _on_its_site(self.object if self.m2m_data else None):
                save(self, *args, **options)
        finally:
            _loading.reset(token)

    return save_row


@contextmanager
def _on_its_site(row: Any) -> Iterator[None]:
    if current_site_or_none() is not None or not is_site_related(type(row)):
        yield
        return
    with use_site(row.site_id):
        yield
