from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from wagtail.fields import RichTextField
from wagtail.models import Page, Site


class TextPage(Page):
    body = RichTextField(blank=True)

    template = "text_page.html"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        if settings.HAS_MENU:
            root = Site.find_for_request(request).root_page
            context["menu"] = root.get_children().live().in_menu()
        return context
