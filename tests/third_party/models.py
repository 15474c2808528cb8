"""An app in twenty lines, as a developer would add one: every kind of link that isolation has to hold."""

from django.contrib.sites.models import Site
from django.db import models

from app.publishing.models import Publishable
from app.tenancy.models import SiteRelated


class Label(SiteRelated):
    name = models.CharField(max_length=50)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="one_label_per_site_and_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/labels/{self.pk}/"


class Note(SiteRelated):
    text = models.CharField(max_length=50)
    label = models.ForeignKey(Label, on_delete=models.CASCADE, null=True, blank=True, related_name="notes")
    others = models.ManyToManyField(Label, blank=True, related_name="+")

    def __str__(self) -> str:
        return self.text


class Memo(Note):
    """A child of another model: its own table has no site."""

    about = models.ForeignKey(Label, on_delete=models.SET_NULL, null=True, blank=True, related_name="memos")
    answers = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="replies")


class Bulletin(Publishable):
    text = models.CharField(max_length=50)

    class Meta:
        verbose_name = "bulletin"

    def __str__(self) -> str:
        return self.text


class Topic(models.Model):
    """Of no site, as many apps have them."""

    name = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.name


class Banner(models.Model):
    """Of several sites, written by somebody who does not know SiteRelated."""

    text = models.CharField(max_length=50)
    sites = models.ManyToManyField(Site)

    def __str__(self) -> str:
        return self.text
