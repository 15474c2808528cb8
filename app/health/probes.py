"""`/livez`, `/readyz` and `/startupz`: JSON for clients that accept it, else plain text."""

from __future__ import annotations

import functools

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.module_loading import import_string

from app.health.checks import Database, Migrations, Warm
from app.health.runner import CheckRunner, Result, run_checks

database, migrations, warm = CheckRunner(Database()), CheckRunner(Migrations()), CheckRunner(Warm())


@functools.cache
def of_apps() -> list[CheckRunner]:
    """The checks of READY_CHECKS."""
    return [CheckRunner(import_string(name)()) for name in settings.READY_CHECKS]


def livez(request: HttpRequest) -> HttpResponse:
    """The process responds. Nothing else is checked, because a restart would repair nothing else."""
    return respond(request, {})


def readyz(request: HttpRequest) -> HttpResponse:
    return respond(request, run_checks([database, migrations, *of_apps()]))


def startupz(request: HttpRequest) -> HttpResponse:
    return respond(request, run_checks([database, migrations, *of_apps(), warm]))


def respond(request: HttpRequest, results: dict[str, Result]) -> HttpResponse:
    ok = all(result.ok for result in results.values())
    status, word = (200, "ok") if ok else (503, "unavailable")
    response: HttpResponse
    if wants_json(request):
        checks = {name: result.message for name, result in results.items()}
        response = JsonResponse({"status": word, "checks": checks}, status=status)
    else:
        lines = [word, *(f"{name}: {result.message}" for name, result in results.items() if not result.ok)]
        response = HttpResponse("\n".join(lines) + "\n", status=status, content_type="text/plain; charset=utf-8")
    return not_stored(response)


def not_stored(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Vary"] = "Accept"
    response["Content-Length"] = str(len(response.content))  # or the server would send it in chunks
    return response


def wants_json(request: HttpRequest) -> bool:
    """Without a parser: a probe has to survive an `Accept` header that no parser does."""
    accept = request.META.get("HTTP_ACCEPT", "")
    return "application/json" in accept or "application/*" in accept
