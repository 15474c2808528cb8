"""A database that people have worked on: the demo, with what the admin leaves behind."""

from __future__ import annotations

from django.core.management import call_command

from app.pages.models import Page
from app.tenancy.models import SiteProfile
from tests.support.makers import Browser

FORM = dict.fromkeys(("publish_at_0", "publish_at_1", "expire_at_0", "expire_at_1", "description", "slug"), "")


def make_used_database() -> None:
    """In this process's database: log entries of each kind, a switch of the site, a session, a moved page."""
    call_command("demo", verbosity=0)
    root = Browser("north.localhost")
    assert root.post("/admin/login/", {"username": "root", "password": "root"}).status_code == 302
    form = {**FORM, "title": "Saved", "slug": "saved", "status": "published", "position": "0", "body": "<p>x</p>"}
    assert root.post("/admin/pages/page/add/", form).status_code == 302
    page = Page.all_sites.get(path="/saved/")
    parent = Page.all_sites.filter(site=page.site, path="/about/").get()
    form = {**form, "title": "Moved", "parent": str(parent.pk)}
    assert root.post(f"/admin/pages/page/{page.pk}/change/", form).status_code == 302
    other = SiteProfile.objects.get(key="south").site_id
    assert root.post("/admin/switch-site/", {"site_id": str(other), "next": "/admin/"}).status_code == 302
    deleted = Page.all_sites.filter(site=other, kind="pages.page").exclude(path="/").latest("pk")
    assert root.post(f"/admin/pages/page/{deleted.pk}/delete/", {"post": "yes"}).status_code == 302
