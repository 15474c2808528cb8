"""The pages that links in mails open."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.generic import FormView, View

from app.sign_in.views import InAdmin
from app.tenancy.current import use_site
from app.tenancy.requests.tenancy import tenancy_of


class OfHost(InAdmin, View):
    """Works on the site of the host, whatever site an editor has chosen in the admin."""

    @method_decorator(never_cache)
    def dispatch(self, request: HttpRequest) -> HttpResponseBase:
        with use_site(tenancy_of(request).host_site):
            response = self.respond(request)
            if isinstance(response, TemplateResponse):
                response.render()  # the template shows the site
            return response

    def respond(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = super().dispatch(request)
        return response


class LinkPage(OfHost, FormView[Any]):
    """Moves the key of the link from the address into the session, so that neither Referer nor a bookmark has it.

    Opening the page changes nothing: programs that check mails open links, too.
    """

    session_name: ClassVar[str]
    refused_template: ClassVar[str]

    def open(self, key: str) -> bool:
        """Whether the key is valid; keeps what it is for."""
        raise NotImplementedError

    @property
    def key(self) -> str:
        return str(self.request.session.get(self.session_name, ""))

    def respond(self, request: HttpRequest) -> HttpResponseBase:
        key = request.GET.get("key")
        if key is None or request.method == "POST":
            return super().respond(request) if self.open(self.key) else self.refused()
        if not self.open(key):
            return self.refused()
        request.session[self.session_name] = key
        return HttpResponseRedirect(request.path)

    def refused(self) -> HttpResponse:
        """410, the same for a link that was used, has ended, or is of another site."""
        self.request.session.pop(self.session_name, None)
        context = {**admin.site.each_context(self.request), "title": _("This link is not valid")}
        return TemplateResponse(self.request, self.refused_template, context, status=410)
