from typing import Any

from django.core.management.base import BaseCommand

from tests.isolation.agency.models import BrokenNote


class Command(BaseCommand):
    def handle(self, **_: Any) -> None:
        for note in BrokenNote.all_sites.all():
            self.stdout.write(note.text)
