"""Probes get their response before anything else runs: no host check, no site, no redirect, no session."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase

from app.health import probes
from app.health.report import healthz

METHODS = ("GET", "HEAD")


class ProbeMiddleware:
    """The first middleware: the kubelet requests a pod's address, over HTTP, whatever the sites are called."""

    paths = {"/livez": probes.livez, "/readyz": probes.readyz, "/startupz": probes.startupz, "/healthz": healthz}

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = self.paths.get(request.path_info)
        if probe is None:
            return self.get_response(request)
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        return probe(request)
