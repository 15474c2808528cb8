"""`/healthz`: every check of HEALTH_CHECKS, for operators. Anyone else gets 404."""

from __future__ import annotations

import functools
from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from secrets import compare_digest
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import Context, Engine
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

from app.extension import declared
from app.health.probes import not_stored, wants_json
from app.health.runner import CheckRunner, Result, run_checks

# An engine of its own: the themes' loader needs a current site, and a report has none.
TEMPLATES = Engine(dirs=[str(Path(__file__).parent / "templates")], autoescape=True)
STYLE = TEMPLATES.get_template("health/report.css").source
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'",
    "Referrer-Policy": "no-referrer",  # the address may have the token
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def healthz(request: HttpRequest) -> HttpResponse:
    if not may_read(request):
        return not_stored(HttpResponse("Not Found\n", status=404, content_type="text/plain; charset=utf-8"))
    results = run_checks(runners())
    return not_stored(_render(_format(request), results))


def may_read(request: HttpRequest) -> bool:
    """Whether the request has the token, or comes directly from a peer inside."""
    if settings.HEALTH_TOKEN:
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        for given in (credentials if scheme.lower() == "bearer" else "", request.GET.get("token", "")):
            # SECURITY: compared in constant time, or the token could be guessed letter by letter.
            if compare_digest(given.strip().encode(), settings.HEALTH_TOKEN.encode()):
                return True
    return comes_from_inside(request.META)


def comes_from_inside(environ: Mapping[str, Any]) -> bool:
    """Whether a trusted peer connected directly, and not on behalf of a client."""
    # SECURITY: a proxy inside names its client. With any such header the client may be outside.
    forwarded = any(
        name.startswith("HTTP_X_FORWARDED") or name in {"HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_REAL_IP"}
        for name in environ
    )
    return not forwarded and environ.get("REMOTE_ADDR", "") in settings.TRUSTED_PROXIES


@functools.cache
def runners() -> tuple[CheckRunner, ...]:
    """The checks that settings.HEALTH_CHECKS names, and those that apps declare."""
    checks = [*map(import_string, settings.HEALTH_CHECKS), *declared("health_checks")]
    return tuple(CheckRunner(check()) for check in checks)


def _format(request: HttpRequest) -> str:
    accept = request.META.get("HTTP_ACCEPT", "")
    if wanted := request.GET.get("format") or ("json" if wants_json(request) else ""):
        return wanted
    if "application/openmetrics-text" in accept:
        return "openmetrics"
    return "text" if accept.startswith("text/plain") else "html"


def _render(wanted: str, results: dict[str, Result]) -> HttpResponse:
    ok = all(result.ok for result in results.values())
    status = 200 if ok else 503
    lines = {name: "OK" if result.error is None else str(result.error) for name, result in results.items()}
    if wanted == "json":
        return JsonResponse(lines, status=status)
    if wanted == "text":
        text = "".join(f"{name}: {line}\n" for name, line in lines.items())
        return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    if wanted == "openmetrics":
        registry = CollectorRegistry()
        registry.register(ResultMetrics(results))
        # Prometheus takes a status other than 200 for a failed scrape.
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    page = TEMPLATES.get_template("health/report.html")
    context = Context({"ok": ok, "results": results, "style": SafeString(STYLE)})
    return HttpResponse(page.render(context), status=status, headers=HEADERS)


class ResultMetrics:
    """The metrics that django-health-check's own report has."""

    def __init__(self, results: dict[str, Result]) -> None:
        self.results = results

    def collect(self) -> Iterable[Metric]:
        name = "django_health_check"
        status = GaugeMetricFamily(f"{name}_status", "Check status (1 = healthy, 0 = unhealthy)", labels=["check"])
        seconds = GaugeMetricFamily(f"{name}_response_time_seconds", "Health check response time", labels=["check"])
        for check, result in self.results.items():
            status.add_metric([check], float(result.error is None))
            seconds.add_metric([check], result.seconds)
        healthy = all(result.error is None for result in self.results.values())
        text = "Overall health check status (1 = all healthy, 0 = at least one unhealthy)"
        return [status, seconds, GaugeMetricFamily(f"{name}_overall_status", text, value=float(healthy))]
