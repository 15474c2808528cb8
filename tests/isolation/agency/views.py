"""Each view gets the rows that it works on: those of all sites for the mistake, those of the current one without it."""

from __future__ import annotations

import logging
from typing import Any

from django import forms
from django.core import mail
from django.core.cache import caches
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template import engines
from django.views.decorators.csrf import csrf_exempt

from tests.isolation.agency.models import SoundNote

log = logging.getLogger(__name__)
PAGE = "<form method=post>{{ form }}</form>"


def one(request: HttpRequest, rows: Any, pk: int) -> HttpResponse:
    return HttpResponse(get_object_or_404(rows, pk=pk).text)


def count(request: HttpRequest, rows: Any) -> HttpResponse:
    return HttpResponse(f"{rows.count()} notes")


def cached(request: HttpRequest, rows: Any, cache: str) -> HttpResponse:
    """The first site to ask decides what the others read."""
    texts = caches[cache].get_or_set(f"notes-{rows.model.__name__}", lambda: [row.text for row in rows.all()])
    return HttpResponse(", ".join(texts or ()))


def choose(request: HttpRequest, rows: Any) -> HttpResponse:
    form = type("Choice", (forms.Form,), {"note": forms.ModelChoiceField(rows.all())})(request.POST or None)
    return HttpResponse(engines["django"].from_string(PAGE).render({"form": form}, request))


def logged(request: HttpRequest, rows: Any) -> HttpResponse:
    log.info("The last note is %s", rows.order_by("pk").last())
    return HttpResponse("Logged.")


def header(request: HttpRequest, rows: Any) -> HttpResponse:
    return HttpResponse("See the header.", headers={"X-Last-Note": str(rows.order_by("pk").last())})


@csrf_exempt
def mailed(request: HttpRequest, rows: Any) -> HttpResponse:
    if request.method == "POST":
        mail.send_mail("Notes", ", ".join(row.text for row in rows.all()), None, ["somebody@example.test"])
    return HttpResponse("<form method=post></form>")


@csrf_exempt
def written(request: HttpRequest, rows: Any, pk: int) -> HttpResponse:
    if request.method == "POST":
        rows.filter(pk=pk).update(text="written")
    return HttpResponse("<form method=post></form>")


def visited(request: HttpRequest, rows: Any, pk: int) -> HttpResponse:
    """Its mistake is that it writes, also without rows of another site."""
    SoundNote.objects.filter(pk=pk).update(text=F("text"))
    return HttpResponse("Counted.")
