from django.contrib.auth.models import Group
from django.db import models

from app.tenancy.models import SiteRelated


class Note(SiteRelated):
    text = models.CharField(max_length=50)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.text


class BrokenNote(Note):
    # Read by whoever wants all of them.
    everything = models.Manager["BrokenNote"]()


class SoundNote(Note):
    pass


class BrokenRemark(Note):
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="broken_remarks")

    class Meta:
        default_manager_name = "all_sites"


class SoundRemark(Note):
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="sound_remarks")


class BrokenKey(Note):
    token = models.CharField(max_length=50)


class SoundKey(Note):
    token = models.CharField(max_length=50)
