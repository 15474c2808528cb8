"""Posts in the admin: authors, tags, rights."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.sites.models import Site
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from app.accounts.models import User
from app.posts.models import Author, Category, Post, Tag
from app.tenancy.current import use_site
from app.testing.forms import submitted
from tests.support.makers import Browser, person
from tests.support.posts import post

ADD = "/admin/posts/post/add/"
LIST = "/admin/posts/post/"


def sent(browser: Browser, address: str, **values: str) -> dict[str, Any]:
    return submitted(browser.get(address).content.decode(), "post_form", **values)


@pytest.fixture
def editor(nora: User) -> Browser:
    browser = Browser("north.test")
    browser.force_login(nora)
    return browser


@pytest.fixture
def author(north: Site) -> Browser:
    browser = Browser("north.test")
    browser.force_login(person("arne", north, "Author"))
    return browser


def test_a_new_post_has_its_writer_as_author(
    north: Site, south: Site, nora: User, editor: Browser, at_north: Browser
) -> None:
    form = sent(editor, ADD, title="Frost tonight", status="published", body="<p>Cover the beds.</p>")
    assert editor.post(ADD, form).status_code == 302
    with use_site(north):
        assert (Post.objects.get().author, Author.objects.count()) == (None, 0)  # the account has no name
    nora.first_name, nora.last_name = "Nora", "Lind"
    nora.save()
    for title in ("Second", "Third"):
        assert editor.post(ADD, sent(editor, ADD, title=title, status="published")).status_code == 302
    with use_site(north):
        assert [row.author and row.author.name for row in Post.objects.order_by("pk")] == [
            None,
            "Nora Lind",
            "Nora Lind",
        ]
        assert [row.slug for row in Post.objects.order_by("pk")] == ["frost-tonight", "second", "third"]
    found = at_north.get("/blog/author/nora-lind/").content.decode() + at_north.get("/blog/feed/").content.decode()
    assert "Third" in found
    for private in ("nora@", "example.test", ">nora<"):
        assert private not in found
    nora.delete()
    assert "Third" in at_north.get("/blog/author/nora-lind/").content.decode()


def test_tags_are_typed(north: Site, south: Site, nora: User, editor: Browser, author: Browser) -> None:
    with use_site(north):
        known = Tag.objects.create(name="Über uns")
        Tag.objects.create(name="C")
    with use_site(south):
        Tag.objects.create(name="Frost")
    form = sent(editor, ADD, title="T", tags=" über  UNS, Frost,frost , C++,, ")
    assert editor.post(ADD, form).status_code == 302
    with use_site(north):
        row = Post.objects.get()
        assert {tag.name for tag in row.tags.all()} == {"Über uns", "Frost", "C++"}
        assert (known.posts.count(), Tag.objects.count(), Tag.objects.get(name="C++").slug) == (1, 4, "c-2")
    change = f"{LIST}{row.pk}/change/"
    form = sent(editor, change)
    assert form["tags"] == ["C++, Frost, Über uns"]
    assert editor.post(change, {**form, "tags": "Frost"}).status_code == 302
    assert sent(editor, f"{change}?version=1")["tags"] == ["C++, Frost, Über uns"]  # to restore it
    assert "newer version" in editor.post(change, {**form, "tags": "C"}).content.decode()
    for tags, message in (
        ("+++", "has no letter"),
        ("x" * 81, "longer than 80"),
        (",".join(map(str, range(31))), "30"),
    ):
        assert message in editor.post(ADD, sent(editor, ADD, title="U", tags=tags)).content.decode()
    with use_site(south):
        assert Tag.objects.get().posts.count() == 0


def test_an_author_writes_drafts_and_chooses_categories(north: Site, author: Browser, at_north: Browser) -> None:
    with use_site(north):
        news = Category.objects.create(name="News")
    form = sent(author, ADD, title="T", tags="new tag", body="<p>x</p>") | {"categories": [news.pk]}
    assert "status" not in form
    assert author.post(ADD, form).status_code == 302
    with use_site(north):
        row = Post.objects.get()
        assert (row.status, list(row.categories.all())) == ("draft", [news])
        Post.objects.update(status="published")
    assert author.get("/admin/posts/category/add/").status_code == 403
    Permission.objects.get(codename="add_tag").group_set.clear()
    known, other = (sent(author, ADD, title="U", tags=tags) for tags in ("New Tag", "new tag, other"))
    assert "You may not create tags, and these do not exist: other." in author.post(ADD, other).content.decode()
    assert author.post(ADD, known).status_code == 302
    found = author.get(f"{LIST}{row.pk}/change/").content.decode()  # published: to read only
    assert "<div><p>x</p></div>" in found
    assert author.post(f"{LIST}{row.pk}/change/", form).status_code == 403


def test_a_slug_that_is_taken_or_reserved(north: Site, south: Site, editor: Browser) -> None:
    post(north, slug="frost", title="Frost")
    post(south, slug="snow")
    for slug, message in (
        ("frost", "Another one of this site"),
        ("feed", "blog itself"),
        ("a/b", "letters and digits"),
    ):
        response = editor.post(ADD, sent(editor, ADD, title="T", slug=slug))
        assert message in response.content.decode(), slug
        assert len(response.context["errors"]) == 1
        assert len(response.context["errors"][0]) == 1
    assert editor.post(ADD, sent(editor, ADD, title="Frost", slug="")).status_code == 302
    assert editor.post(ADD, sent(editor, ADD, title="Snow", slug="snow")).status_code == 302
    for title in ("Frost", "Feed"):  # as the script fills the slug in
        assert editor.post(ADD, sent(editor, ADD, title=title, slug=title.lower())).status_code == 302
    with use_site(north):
        assert set(Post.objects.values_list("slug", flat=True)) == {"frost", "frost-2", "frost-3", "feed-2", "snow"}


def test_the_message_about_a_slug_links_the_row_that_has_it(north: Site, editor: Browser) -> None:
    first = post(north, slug="frost", title="<b>Frost</b>")
    change = f'<a href="{LIST}{first.pk}/change/">&lt;b&gt;Frost&lt;/b&gt;</a>'
    refused = editor.post(ADD, sent(editor, ADD, title="T", slug="frost")).content.decode()
    assert f"Another one of this site has this slug. “{change}” is at /blog/frost/. Choose another one." in refused


@pytest.mark.parametrize("model", [Category, Tag, Author])
def test_names_and_slugs_of_what_posts_are_sorted_by(model: Any, north: Site, south: Site, editor: Browser) -> None:
    kind = model._meta.model_name
    with use_site(south):
        model.objects.create(name="Frost")
    with use_site(north):
        known = model.objects.create(name="Über uns")
    address = f"/admin/posts/{kind}/add/"

    def saved(**values: str) -> Any:
        return editor.post(address, submitted(editor.get(address).content.decode(), f"{kind}_form", **values))

    link = f'“<a href="/admin/posts/{kind}/{known.pk}/change/">Über uns</a>”'
    again = saved(name="über UNS")
    if model is Author:
        assert again.status_code == 302  # two people may have the same name
    else:
        assert (
            f"There is a {kind} {link}. Choose another name."
            in again.context["adminform"].form.errors["name"].as_text()
        )
    assert f"{link} is at /blog/{kind}/über-uns/" in saved(name="Other", slug="über-uns").content.decode()
    assert saved(name="Frost").status_code == saved(name="Frost!", slug="frost").status_code == 302
    with use_site(north):
        assert {"frost", "frost-2"} <= set(model.objects.values_list("slug", flat=True))


def test_the_list_costs_the_same_with_many_posts(north: Site, south: Site, editor: Browser) -> None:
    with use_site(north):
        news = Category.objects.create(name="News")
    post(south, title="Theirs", slug="theirs")
    costs = []
    for first, last in ((0, 2), (2, 30)):
        for number in range(first, last):
            row = post(north, title=f"T{number}", slug=f"t{number}")
            with use_site(north):
                row.categories.add(news)
        editor.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            found = editor.get(f"{LIST}?categories__id__exact={news.pk}").content.decode()
        assert found.count('class="field-shown_categories">News<') == last
        assert "Theirs" not in found
        costs.append(len(queries))
    assert costs[0] == costs[1]
    with use_site(north):
        frost = Tag.objects.create(name="Frost")
        row.tags.add(frost)
    assert f"{LIST}?tags__id__exact={frost.pk}" in editor.get("/admin/posts/tag/").content.decode()
    assert "1 post" in editor.get(f"{LIST}?tags__id__exact={frost.pk}").content.decode()


def test_an_author_of_posts_is_not_deleted_and_the_page_says_why(north: Site, editor: Browser) -> None:
    with use_site(north):
        writer = Author.objects.create(name="Nora Lind")
        post(north, author=writer)
    bulk = {"action": "delete_selected", "_selected_action": [writer.pk]}
    address = "/admin/posts/author/"
    for response in (editor.get(f"{address}{writer.pk}/delete/"), editor.post(address, bulk)):
        assert "in use and cannot be deleted. Remove " in response.content.decode()


def test_a_fault_of_a_field_that_an_author_cannot_change_is_told(north: Site, author: Browser) -> None:
    row = post(north, title="Frost", status="draft")
    with use_site(north):  # as posts are that were published before this release
        times = {"publish_at": timezone.now(), "expire_at": timezone.now() - timedelta(days=1)}
        QuerySet(Post).filter(pk=row.pk).update(**times)
    address = f"/admin/posts/post/{row.pk}/change/"
    answer = author.post(address, sent(author, address, title="Her long text"))
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "Expire at: Must be later than the time of publishing. You may not change this field here" in text
    assert 'value="Her long text"' in text


def test_a_post_that_has_expired_can_be_published_and_edited_as_a_draft(
    north: Site, editor: Browser, author: Browser
) -> None:
    row = post(north, title="Frost", status="draft", expire_at=timezone.now() - timedelta(days=1))
    chosen = {"_selected_action": [row.pk]}
    for action in ("publish", "withdraw"):
        assert editor.post(LIST, {"action": action, **chosen}).status_code == 302
    address = f"/admin/posts/post/{row.pk}/change/"
    assert author.post(address, sent(author, address, title="Her long text")).status_code == 302
    with use_site(north):
        row.refresh_from_db()
        assert (row.title, row.publish_at) == ("Her long text", None)
        # With a later end, or none, it is published now.
        Post.objects.filter(pk=row.pk).update(status="published", expire_at=None)
        row.refresh_from_db()
        assert row.publish_at is not None
