"""What is still to do on a new site. A step goes when it is done; a person may hide those that are left."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from app.tenancy.admin.front.groups import by_group
from app.tenancy.current import current_site

#: In the session: the ids of the sites whose steps are hidden.
HIDDEN = "hidden_first_steps"


def first_steps(request: HttpRequest) -> SafeString:
    if current_site().id in request.session.get(HIDDEN, ()):
        return SafeString("")
    steps = [step for find in by_group("first_steps") for step in find(request)]
    return render_to_string("admin/front/first_steps.html", {"steps": steps}, request) if steps else SafeString("")


def hide_first_steps(request: HttpRequest) -> HttpResponseRedirect:
    """For this session, on the current site."""
    request.session[HIDDEN] = list(dict.fromkeys([*request.session.get(HIDDEN, ()), current_site().id]))
    return HttpResponseRedirect(reverse("admin:index"))
