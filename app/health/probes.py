"""The answers to `/livez`, `/readyz` and `/startupz`: JSON for who asks for it, else one word."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse, JsonResponse

from app.health.checks import Database, Migrations, Warm
from app.health.watch import Answer, Watch

database, migrations, warm = Watch(Database()), Watch(Migrations()), Watch(Warm())


def livez(request: HttpRequest) -> HttpResponse:
    """The process answers: nothing else is asked, for a restart would heal nothing else."""
    return respond(request, {})


def readyz(request: HttpRequest) -> HttpResponse:
    return respond(request, ask([database, migrations]))


def startupz(request: HttpRequest) -> HttpResponse:
    return respond(request, ask([database, migrations, warm]))


def ask(watches: Iterable[Watch]) -> dict[str, Answer]:
    """Every watch's answer. They run side by side: the slowest, not the sum, is what a probe waits for."""
    runs = [(watch, watch.begin()) for watch in watches]
    return {watch.name: watch.answer(run) for watch, run in runs}


def respond(request: HttpRequest, answers: dict[str, Answer]) -> HttpResponse:
    ok = all(answer.ok for answer in answers.values())
    status, word = (200, "ok") if ok else (503, "unavailable")
    response: HttpResponse
    if wants_json(request):
        checks = {name: answer.words for name, answer in answers.items()}
        response = JsonResponse({"status": word, "checks": checks}, status=status)
    else:
        lines = [word, *(f"{name}: {answer.words}" for name, answer in answers.items() if not answer.ok)]
        response = HttpResponse("\n".join(lines) + "\n", status=status, content_type="text/plain; charset=utf-8")
    return unstored(response)


def unstored(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["Vary"] = "Accept"
    response["Content-Length"] = str(len(response.content))  # or the server would send it in chunks
    return response


def wants_json(request: HttpRequest) -> bool:
    """Read by hand: a probe has to survive an `Accept` that no parser does."""
    accept = request.META.get("HTTP_ACCEPT", "")
    return "application/json" in accept or "application/*" in accept
