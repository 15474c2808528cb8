"""Attempts to sign in, counted in the database when there is no cache that all processes share."""

from __future__ import annotations

from django.db import models


class Counter(models.Model):
    """How many attempts were made under a key. The key is a digest: it contains nothing that a person typed."""

    key = models.CharField(max_length=64, primary_key=True)
    attempts = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)
    """The count is void from this time on."""

    def __str__(self) -> str:
        return f"{self.attempts} until {self.ends_at}"
