"""The page "Versions" of a row: the list, differences, and restoring. Through HTTP, on two sites."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.utils import timezone
from django.utils.html import strip_tags

from app.accounts.models import User
from app.pages.models import LinkPage, Page
from app.posts.models import Category
from app.publishing.models import Version
from app.publishing.versions.structure import as_text
from app.publishing.versions.texts import MOST_SHOWN, Passage, compare
from app.tenancy.current import use_site
from app.testing.forms import submitted
from tests.support.makers import Browser, page, page_form, person
from tests.support.posts import post
from tests.support.uploads import media_file
from tests.third_party.models import Bulletin, EventPage, EventsPage, Label

HERE = "/admin/pages/page/"


@pytest.fixture
def nora_here(nora: User) -> Browser:
    return signed_in(nora)


def signed_in(user: User, host: str = "north.test") -> Browser:
    browser = Browser(host)
    browser.force_login(user)
    return browser


def changed(site: Site, row: Any, **values: Any) -> None:
    with use_site(site):
        for name, value in values.items():
            setattr(row, name, value)
        row.save()


def passages(html: str, kind: str) -> list[str]:
    found = re.findall(rf"<{kind}>(.*?)</{kind}>", html, re.DOTALL)
    return [strip_tags(re.sub(r"<span.*?</span>", "", one)).strip() for one in found]


def test_the_history_of_a_row_is_its_versions(nora_here: Browser, north: Site) -> None:
    row = page(north, title="One")
    nora_here.post(f"{HERE}{row.pk}/change/", page_form(row, title="Two", description="About it"))
    form = nora_here.get(f"{HERE}{row.pk}/change/").content.decode()
    assert re.search(r'class="historylink">Versions<', form)
    shown = nora_here.get(f"{HERE}{row.pk}/history/").content.decode()
    assert re.search(r"<td>\s*(Title, Description|Description, Title)\s*</td>", shown)
    assert "<td>nora</td>" in shown
    assert "Published" in shown
    label = nora_here.get("/admin/media/folder/add/").content.decode()
    assert "Versions" not in label


def test_a_difference_is_shown_field_by_field(nora_here: Browser, north: Site) -> None:
    row = page(north, title="Opening hours", body="<p>Monday to Friday</p>", status="draft")
    below = page(north, title="Above", slug="above")
    changed(
        north, row, body="<h2>Hours</h2><p>Monday to <strong>Saturday</strong></p>", in_menus=False, parent_id=below.pk
    )
    changed(north, row, title="Opening hours & <b>more</b>", status="published")
    second = nora_here.get(f"{HERE}{row.pk}/versions/2/").content.decode()
    assert sorted(passages(second, "del")) == ["Friday", "Yes"]
    assert sorted(passages(second, "ins")) == ["## Hours¶", "**Saturday**", "Above", "No"]
    third = nora_here.get(f"{HERE}{row.pk}/versions/3/").content.decode()
    assert sorted(passages(third, "ins")) == ["&amp; &lt;b&gt;more&lt;/b&gt;", "Published"]
    now = nora_here.get(f"{HERE}{row.pk}/versions/1/?with=now").content.decode()
    assert {"Friday", "Yes", "Draft"} == {*passages(now, "del")}
    assert "No earlier version" in nora_here.get(f"{HERE}{row.pk}/versions/1/").content.decode()
    assert "No difference." in nora_here.get(f"{HERE}{row.pk}/versions/3/?with=now").content.decode()


def test_a_version_may_refer_to_rows_that_were_deleted(nora_here: Browser, north: Site) -> None:
    picture = media_file(north)
    with use_site(north):
        label = Label.objects.create(name="music")
        events = page(north, EventsPage, slug="events")
        event = EventPage.objects.create(
            title="A", slug="a", parent=events, starts_on="2027-01-02", label=label, image=picture
        )
        keys = [label.pk, picture.pk]
        event.image, event.label, event.title = None, None, "B"
        event.save()
        label.delete()
        picture.delete()
    address = "/admin/third_party/eventpage/"
    shown = nora_here.get(f"{address}{event.pk}/versions/2/").content.decode()
    assert sorted(passages(shown, "del")) == ["A", *sorted([f"deleted ({gone})" for gone in keys])]
    form = nora_here.get(f"{address}{event.pk}/change/?version=1").content.decode()
    assert 'value="A"' in form
    assert "These fields refer to something that was deleted since" in form
    assert nora_here.get(f"{HERE}{event.pk}/history/").headers["Location"] == f"{address}{event.pk}/history/"


def test_restoring_fills_the_form_and_saving_makes_a_version(nora_here: Browser, north: Site) -> None:
    row = page(north, title="One", body="<p>First</p>", description="Old")
    changed(north, row, title="Two", body="<p>Second</p>", description="")
    form = nora_here.get(f"{HERE}{row.pk}/change/?version=1").content.decode()
    assert "Nothing is restored until you save." in form
    sent = submitted(form, "page_form")
    assert (sent["title"], sent["body"], sent["description"]) == (["One"], ["<p>First</p>"], ["Old"])
    assert nora_here.post(f"{HERE}{row.pk}/change/?version=1", sent).status_code == 302
    with use_site(north):
        stored, last = Page.objects.get(pk=row.pk), Version.objects.order_by("-number").first()
    assert (stored.title, stored.body) == ("One", "<p>First</p>")
    assert last is not None
    assert (last.number, last.change, last.restored_from) == (3, "restored", 1)
    assert "Restored from version 1" in nora_here.get(f"{HERE}{row.pk}/history/").content.decode()
    assert "Two" in nora_here.get(f"{HERE}{row.pk}/versions/2/").content.decode()


def test_restoring_leaves_who_sees_a_row(nora_here: Browser, north: Site) -> None:
    row = page(north, title="One", status="draft", expire_at=timezone.now() - timedelta(days=1), login_required=True)
    changed(north, row, title="Two", status="published", expire_at=None, login_required=False)
    with use_site(north):
        bulletin = Bulletin.objects.create(text="one", publish_at=timezone.now() + timedelta(days=1))
    changed(north, bulletin, text="two", status="published", publish_at=None)
    for found, name in ((row, "title"), (bulletin, "text")):
        address = f"/admin/{found._meta.app_label}/{found._meta.model_name}/{found.pk}/change/?version=1"
        form = nora_here.get(address).content.decode()
        assert "Who can see it, and when, stays as it is now." in form
        assert nora_here.post(address, submitted(form, f"{found._meta.model_name}_form")).status_code == 302
        stored = type(found).all_sites.get(pk=found.pk)
        assert getattr(stored, name).lower() == "one"
        assert (stored.status, stored.publish_at, stored.expire_at) == ("published", None, None)
    assert Browser("north.test").get("/t/").status_code == 200


@pytest.mark.parametrize("button", ["_continue", "_addanother", "_save"])
def test_after_a_restoring_save_the_form_shows_what_is_stored(button: str, nora_here: Browser, north: Site) -> None:
    row = page(north, title="One")
    changed(north, row, title="Two")
    address = f"{HERE}{row.pk}/change/?version=1&_changelist_filters=q%3Da"
    sent = submitted(nora_here.get(address).content.decode(), "page_form") | {button: ["1"]}
    follows = nora_here.post(address, sent).headers["Location"]
    assert "version=" not in follows
    assert "q%3Da" in follows or follows.endswith("?q=a")
    if button == "_continue":
        sent = submitted(nora_here.get(follows).content.decode(), "page_form", title="Three")
        assert nora_here.post(follows, sent).status_code == 302
        with use_site(north):
            last = Version.objects.order_by("-number").first()
        assert last is not None
        assert (last.number, last.change, last.content["title"]) == (4, "changed", "Three")


def test_restoring_does_not_replace_a_newer_save(nora_here: Browser, north: Site) -> None:
    row = page(north, title="One", body="<p>First</p>")
    changed(north, row, title="Two", body="<p>Second</p>")
    address = f"{HERE}{row.pk}/change/?version=1"
    opened = submitted(nora_here.get(address).content.decode(), "page_form")
    ada = signed_in(person("ada", north))
    assert ada.post(f"{HERE}{row.pk}/change/", page_form(row, title="By Ada")).status_code == 302
    refused = nora_here.post(address, opened)
    assert "Stored now: By Ada" in refused.content.decode()
    assert Page.all_sites.get(pk=row.pk).title == "By Ada"
    decided = submitted(refused.content.decode(), "page_form")
    assert nora_here.post(address, decided).status_code == 302
    assert Page.all_sites.get(pk=row.pk).title == "One"


def test_what_is_restored_keeps_the_rules_of_the_form(nora_here: Browser, north: Site) -> None:
    row = page(north, title="One", slug="one")
    changed(north, row, slug="two")
    page(north, title="Other", slug="one")
    opened = submitted(nora_here.get(f"{HERE}{row.pk}/change/?version=1").content.decode(), "page_form")
    refused = nora_here.post(f"{HERE}{row.pk}/change/?version=1", opened)
    assert "Another page of this site has this address." in refused.content.decode()
    opened["slug"] = ["three"]
    changed(north, row, title="Newer")
    newer = nora_here.post(f"{HERE}{row.pk}/change/?version=1", opened).content.decode()
    assert "Somebody saved a newer version" in newer
    assert Page.all_sites.get(pk=row.pk).title == "Newer"


def test_another_site_has_no_versions_of_the_row(nora_here: Browser, north: Site, south: Site, root: User) -> None:
    row, own = page(south, title="Secret"), page(north, title="Ours")
    changed(south, row, title="More secret")
    for address in ("history/", "versions/1/", "versions/2/?with=now", "change/?version=1"):
        assert nora_here.get(f"{HERE}{row.pk}/{address}").status_code == 404
    assert nora_here.post(f"{HERE}{row.pk}/change/?version=1", page_form(own)).status_code == 404
    for number in ("2", "99999999999999999999"):
        assert nora_here.get(f"{HERE}{own.pk}/change/?version={number}").status_code == 404
        assert nora_here.get(f"{HERE}{own.pk}/versions/{number}/").status_code == 404
    assert nora_here.get(f"{HERE}{own.pk}/change/?version=x").status_code == 404
    shown = nora_here.get(f"{HERE}{own.pk}/history/").content.decode()
    assert "Secret" not in shown
    with use_site(south):
        stranger = Label.objects.create(name="stranger")
    with use_site(north):
        events = page(north, EventsPage, slug="events")
        event = EventPage.objects.create(title="A", slug="a", parent=events, starts_on="2027-01-02")
        version = Version.objects.get(key=str(event.pk))
        version.content["label"] = stranger.pk  # as an archive from elsewhere might have it
        version.save()
    address = f"/admin/third_party/eventpage/{event.pk}/"
    for part in ("versions/1/?with=now", "change/?version=1"):
        assert "stranger" not in nora_here.get(address + part).content.decode()


def test_who_may_not_see_or_change_a_row_does_not_see_or_restore_versions(north: Site) -> None:
    row = page(north, title="One")
    changed(north, row, title="Two")
    author = signed_in(person("ada", north, "Author"))
    shown = author.get(f"{HERE}{row.pk}/history/").content.decode()
    assert "Compare with now" in shown
    assert "Restore" not in shown
    assert "Nothing is restored" not in author.get(f"{HERE}{row.pk}/change/?version=1").content.decode()
    assert author.post(f"{HERE}{row.pk}/change/?version=1", page_form(row, title="One")).status_code == 403
    nobody = signed_in(person("ben", None))
    assert nobody.get(f"{HERE}{row.pk}/versions/1/").status_code != 200


def test_a_model_of_another_app_has_the_pages_too(nora_here: Browser, north: Site) -> None:
    with use_site(north):
        row, link = Bulletin.objects.create(text="a b"), page(north, LinkPage, slug="l", address="/t/")
    changed(north, row, text="a c")
    changed(north, link, address="/other/")
    shown = nora_here.get(f"/admin/third_party/bulletin/{row.pk}/versions/2/").content.decode()
    assert (passages(shown, "del"), passages(shown, "ins")) == (["b"], ["c"])
    shown = nora_here.get(f"/admin/pages/linkpage/{link.pk}/versions/2/").content.decode()
    assert passages(shown, "ins") == ["/other/"]


def test_one_save_with_many_to_many_fields_is_one_version(nora_here: Browser, north: Site) -> None:
    with use_site(north):
        news, sport = Category.objects.create(name="News"), Category.objects.create(name="Sport")
    row = post(north, title="One", slug="one")
    address = f"/admin/posts/post/{row.pk}/"
    form = nora_here.get(f"{address}change/").content.decode()
    sent = submitted(form, "post_form", title="Two", tags="blue, red")
    sent["categories"] = [str(news.pk), str(sport.pk)]
    assert nora_here.post(f"{address}change/", sent).status_code == 302
    second = nora_here.get(f"{address}versions/2/").content.decode()
    assert sorted(passages(second, "ins")) == ["News", "Sport", "Two", "blue", "red"]
    form = nora_here.get(f"{address}change/").content.decode()
    sent = submitted(form, "post_form", tags="red")
    sent["categories"] = []
    assert nora_here.post(f"{address}change/", sent).status_code == 302
    third = nora_here.get(f"{address}versions/3/").content.decode()
    assert sorted(passages(third, "del")) == ["News", "Sport", "blue"]
    with use_site(north):
        sport.delete()
    opened = nora_here.get(f"{address}change/?version=2").content.decode()
    assert "or may not be chosen here: Categories" in opened
    assert nora_here.post(f"{address}change/?version=2", submitted(opened, "post_form")).status_code == 302
    with use_site(north):
        assert [*row.categories.all()] == [news]
        assert sorted(tag.name for tag in row.tags.all()) == ["blue", "red"]
        row.tags.clear()
    assert "Restored from version 2" in nora_here.get(f"{address}history/").content.decode()
    assert sorted(passages(nora_here.get(f"{address}versions/5/").content.decode(), "del")) == ["blue", "red"]


def test_html_is_compared_as_text_with_its_structure() -> None:
    html = (
        "<h2>A</h2><p>b <strong>c</strong><br>d</p><ul><li><p>e</p><ol><li>f</li><li>g</li></ol></li></ul>"
        '<blockquote><p>h</p></blockquote><p><a href="/i/">j</a></p><table><tr><td>k</td><td>l</td></tr></table>'
        '<figure><img src="/media/m" alt="n"><figcaption>o</figcaption></figure><hr>'
    )
    lines = ["## A", "b **c**", "d", "- e", "1. f", "2. g", "> h", "j (/i/)", "k | l |", "[n: /media/m]", "o", "---"]
    assert as_text(html).split("\n") == lines


def test_words_are_compared_and_far_ones_left_out() -> None:
    assert compare("the quick fox", "the slow fox jumps").passages == [
        Passage("same", "the"),
        Passage("deleted", "quick"),
        Passage("added", "slow"),
        Passage("same", "fox"),
        Passage("added", "jumps"),
    ]
    words = "w " * 200_000
    assert [p.kind for p in compare(f"{words}a {words}", f"{words}b {words}").passages] == [
        "omitted",
        "same",
        "deleted",
        "added",
        "same",
        "omitted",
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [("x " * 60_000, "x y " * 60_000), ("a b " * 5_000, "b b a " * 3_000), ("x" * 1_000_000, "y" * 1_000_000)],
)
def test_texts_with_too_many_differences_are_shown_in_part(before: str, after: str) -> None:
    found = compare(before, after)
    assert len(found.passages) <= 4
    assert sum(len(passage.text) for passage in found.passages) < 40 * MOST_SHOWN + 1
