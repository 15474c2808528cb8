from typing import Any

from django.core.management.base import BaseCommand

from tests.isolation.agency.models import SoundNote


class Command(BaseCommand):
    def handle(self, **_: Any) -> None:
        for note in SoundNote.objects.all():
            self.stdout.write(note.text)
