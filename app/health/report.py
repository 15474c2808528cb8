"""`/healthz`: every check of HEALTH_CHECKS, for operators. To anyone else it does not exist."""

from __future__ import annotations

import functools
from secrets import compare_digest

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine
from django.utils.module_loading import import_string
from health_check.base import HealthCheckResult
from health_check.views import HealthCheckView

from app.health.probes import ask, unstored, wants_json
from app.health.watch import Answer, Watch

# An engine of its own: the themes' loaders ask for a site, and a report has none.
PAGE = Engine(autoescape=True).from_string(
    """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Health</title><meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; font-family: system-ui, sans-serif; }
body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .5rem; text-align: left; border-bottom: 1px solid GrayText; font-weight: normal; }
</style></head><body><h1>{% if ok %}All is well{% else %}Something is wrong{% endif %}</h1><table>
<thead><tr><th scope="col">Check</th><th scope="col">State</th><th scope="col">Time</th></tr></thead><tbody>
{% for name, answer in answers.items %}<tr><th scope="row">{{ name }}</th>
<td>{% if answer.ok and answer.error %}warning: {% endif %}{{ answer.words }}</td>
<td>{{ answer.seconds|floatformat:3 }} s</td></tr>
{% endfor %}</tbody></table></body></html>
"""
)


def healthz(request: HttpRequest) -> HttpResponse:
    if not may_read(request):
        return unstored(HttpResponse("Not Found\n", status=404, content_type="text/plain; charset=utf-8"))
    answers = ask(watches())
    ok = all(answer.ok for answer in answers.values())
    status = 200 if ok else 503
    wanted = request.GET.get("format") or ("json" if wants_json(request) else "")
    accept = request.META.get("HTTP_ACCEPT", "")
    if wanted == "json":
        response = _rendered(request, answers).render_to_response_json(status)
    elif wanted == "openmetrics" or "application/openmetrics-text" in accept:
        response = _rendered(request, answers).render_to_response_openmetrics()
    elif wanted == "text" or accept.startswith("text/plain"):
        response = _rendered(request, answers).render_to_response_text(status)
    else:
        response = HttpResponse(PAGE.render(Context({"ok": ok, "answers": answers})), status=status)
    return unstored(response)


def may_read(request: HttpRequest) -> bool:
    """The token opens the report to anyone; without one a request has to come straight from inside."""
    if settings.HEALTH_TOKEN:
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        for given in (credentials if scheme.lower() == "bearer" else "", request.GET.get("token", "")):
            # SECURITY: compared in constant time, or the token could be guessed letter by letter.
            if compare_digest(given.strip().encode(), settings.HEALTH_TOKEN.encode()):
                return True
    # SECURITY: a proxy inside says for whom it asks. With any such header the asker is somebody outside.
    forwarded = any(
        name.startswith("HTTP_X_FORWARDED") or name in {"HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP"}
        for name in request.META
    )
    return not forwarded and request.META.get("REMOTE_ADDR", "") in settings.TRUSTED_PROXIES


@functools.cache
def watches() -> tuple[Watch, ...]:
    """The checks that settings.HEALTH_CHECKS names; apps above this one bring their own."""
    return tuple(Watch(import_string(path)()) for path in settings.HEALTH_CHECKS)


def _rendered(request: HttpRequest, answers: dict[str, Answer]) -> HealthCheckView:
    """The library's view, holding our answers in place of its own."""
    view = HealthCheckView()
    view.setup(request)
    checks = {watch.name: watch.check for watch in watches()}
    view.results = [
        HealthCheckResult(check=Named(name, checks[name]), error=answer.error, time_taken=answer.seconds)
        for name, answer in answers.items()
    ]
    return view


class Named:
    """A check as a report calls it: by its name alone, without the fields that say how it is configured."""

    def __init__(self, name: str, check: object) -> None:
        self.name, self.check = name, check

    def __repr__(self) -> str:
        return self.name

    @property
    def labels(self) -> dict[str, str]:
        return {"check": self.name}
