from __future__ import annotations

from django.contrib.sites.models import Site
from django.db import models


class Page(models.Model):
    site = models.ForeignKey(Site, on_delete=models.CASCADE)
    path = models.CharField(max_length=200)
    position = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    body = models.TextField()

    class Meta:
        unique_together = [("site", "path")]

    def __str__(self) -> str:
        return self.title
