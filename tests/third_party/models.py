"""An app in twenty lines, as a developer would add one: every kind of link that isolation has to hold."""

from django.contrib.sites.models import Site
from django.db import models
from django.http import HttpRequest

from app.pages.models import Page
from app.publishing.models import Publishable
from app.tenancy.models import SiteRelated

PER_PAGE = 2


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


class EventsPage(Page):
    """A list of the events below it, in parts: `?page=2`."""

    icon = "third_party/calendar.svg"
    help_text = "All events, the next one first."
    child_kinds = ("third_party.EventPage",)
    cached_query = frozenset({"page"})

    class Meta:
        verbose_name = "list of events"

    def get_context(self, request: HttpRequest) -> dict[str, object]:
        number = request.GET.get("page", "1")
        first = PER_PAGE * (int(number) - 1) if number.isdecimal() else 0
        return {"events": EventPage.objects.published().filter(parent=self)[first : first + PER_PAGE]}


class EventPage(Page):
    """Has no template: it is shown as a standard page."""

    icon = "third_party/calendar.svg"
    parent_kinds = ("third_party.EventsPage",)

    starts_on = models.DateField()
    label = models.ForeignKey(Label, on_delete=models.SET_NULL, null=True, blank=True, related_name="events")

    class Meta:
        verbose_name = "event"


class GreetingPage(Page):
    """Depends on the visitor."""

    page_cache = False

    def get_context(self, request: HttpRequest) -> dict[str, object]:
        return {"name": request.COOKIES.get("name", "nobody")}
