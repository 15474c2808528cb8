from __future__ import annotations

from app.pages.links import MenuTarget
from tests.third_party.models import Label


def labels() -> list[MenuTarget]:
    return [MenuTarget(f"label-{label.pk}", label.name, label.get_absolute_url()) for label in Label.objects.all()]
