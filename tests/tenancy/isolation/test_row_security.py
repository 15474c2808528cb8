"""Row security, where the ORM is not in the way: raw SQL, links, relations. In the run with row security only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.management.base import CommandError
from django.db import DatabaseError, InternalError, ProgrammingError, connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import include, path
from pytest_django import Settings

from app.accounts.models import User
from app.pages.models import Page
from app.postgresql.row_security.errors import UnboundRole
from app.postgresql.row_security.scope import every_site
from app.release.owner import connected_as_owner
from app.tenancy.current import NoCurrentSite, use_site
from app.tenancy.isolation.database import policies
from app.tenancy.isolation.database.install import install
from app.tenancy.models import Membership
from tests.support.commands import call
from tests.support.makers import Browser, page, person
from tests.third_party.models import Label, Memo, Note

pytestmark = [pytest.mark.row_security, pytest.mark.django_db]


def rows(statement: str, *params: str | int) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)
        found: list[Any] = cursor.fetchall()
        return found


def changed(statement: str, *params: str | int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)
        count: int = cursor.rowcount
        return count


def setting() -> str:
    found: str = rows("SELECT current_setting('colonnade.site', true)")[0][0]
    return found


@pytest.fixture
def pages(north: Site, south: Site) -> dict[str, Page]:
    return {site.name: page(site, title=site.name, slug="a", body=f"of {site.name}") for site in (north, south)}


# In a view


def own_titles() -> list[str]:
    return sorted(title for (title,) in rows("SELECT title FROM pages_page"))


def titles(_: HttpRequest) -> HttpResponse:
    return JsonResponse({"titles": own_titles()})


def stream(_: HttpRequest) -> StreamingHttpResponse:
    def lines() -> Iterator[str]:
        for _ in range(2):
            every = Page.all_sites.raw("SELECT * FROM pages_page")
            yield f"{own_titles()} of {sorted(page.title for page in every)}\n"

    return StreamingHttpResponse(lines())


def write(request: HttpRequest) -> HttpResponse:
    key = request.GET["page"]
    updated = changed("UPDATE pages_page SET title = 'taken' WHERE id = %s", key)
    deleted = changed("DELETE FROM pages_page WHERE id = %s", key)
    return JsonResponse({"updated": updated, "deleted": deleted})


urlpatterns = [path("titles/", titles), path("stream/", stream), path("write/", write), path("", include("app.urls"))]


@pytest.fixture
def own_views(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.mark.usefixtures("own_views", "pages")
def test_raw_sql_in_a_view_reads_its_own_site(at_north: Browser, at_south: Browser) -> None:
    assert at_north.get("/titles/").json() == {"titles": ["North"]}
    assert at_south.get("/titles/").json() == {"titles": ["South"]}
    assert at_north.get("/titles/").json() == {"titles": ["North"]}


@pytest.mark.usefixtures("own_views")
def test_raw_sql_in_a_view_changes_its_own_site(at_north: Browser, pages: dict[str, Page]) -> None:
    assert at_north.get(f"/write/?page={pages['South'].pk}").json() == {"updated": 0, "deleted": 0}
    assert at_north.get(f"/write/?page={pages['North'].pk}").json() == {"updated": 1, "deleted": 1}
    assert list(Page.all_sites.values_list("title", flat=True)) == ["South"]


@pytest.mark.usefixtures("own_views", "pages")
def test_a_streamed_body_reads_its_own_site(at_north: Browser, at_south: Browser, south: Site) -> None:
    response: Any = at_north.get("/stream/")
    with use_site(south):
        body = b"".join(response.streaming_content).decode()

    assert body == "['North'] of ['North', 'South']\n" * 2


# Statements


@pytest.mark.usefixtures("pages")
def test_without_a_site_there_are_no_rows() -> None:
    assert rows("SELECT title FROM pages_page") == []
    assert changed("UPDATE pages_page SET title = 'taken'") == 0
    assert Page.all_sites.count() == 2


@pytest.mark.usefixtures("pages")
def test_each_statement_has_the_site_of_its_moment(north: Site, south: Site) -> None:
    with transaction.atomic():
        with use_site(north):
            assert own_titles() == ["North"]
            savepoint = transaction.savepoint()
            with use_site(south):
                assert own_titles() == ["South"]
            transaction.savepoint_rollback(savepoint)
            assert own_titles() == ["North"]
            with pytest.raises(DatabaseError), transaction.atomic():
                rows("SELECT 1 / 0")
            assert own_titles() == ["North"]
        assert own_titles() == []
        with use_site(south), every_site():
            assert own_titles() == ["North", "South"]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_on_the_connection(north: Site) -> None:
    with use_site(north):
        assert setting() == str(north.pk)
        with transaction.atomic():
            assert setting() == str(north.pk)
        raw = connection.connection.pgconn.exec_(b"SELECT current_setting('colonnade.site', true)")
        assert raw.get_value(0, 0) == b""
    assert setting() == ""


@pytest.mark.usefixtures("pages")
def test_no_other_way_to_send_a_statement_reaches_further(north: Site, south: Site) -> None:
    def leave_south() -> None:
        with use_site(south):
            rows("SELECT 1")

    with use_site(north), connection.cursor() as cursor:
        leave_south()
        with cursor.copy("COPY (SELECT title FROM pages_page) TO STDOUT") as copy:
            assert [row[0] for row in copy.rows()] == ["North"]
        leave_south()
        cursor.executemany("UPDATE pages_page SET title = %s WHERE title = %s", [("N", "North"), ("S", "South")])
        with pytest.raises(DatabaseError):
            cursor.stream("SELECT title FROM pages_page")
    assert sorted(Page.all_sites.values_list("title", flat=True)) == ["N", "South"]


def test_the_statements_that_django_shows_are_those_of_the_code(north: Site, django_assert_num_queries: Any) -> None:
    with use_site(north), django_assert_num_queries(2) as captured:
        list(Page.objects.all())
        rows("SELECT 1")
    assert [query["sql"][:8] for query in captured.captured_queries] == ['SELECT "', "SELECT 1"]


# Through the ORM, where its own filter does not reach


@pytest.fixture
def linked(north: Site, south: Site) -> dict[str, Note]:
    found = {}
    for site in (north, south):
        with use_site(site):
            found[site.name] = Note.objects.create(text=site.name, label=Label.objects.create(name=site.name))
            found[site.name].others.add(Label.objects.get())
    return found


def test_links_are_those_of_the_site(linked: dict[str, Note], north: Site) -> None:
    """Also in SQL, which the table's manager does not see."""
    through: Any = Note.others.through
    assert through._meta.db_table == "third_party_note_others"
    select, delete = (
        "SELECT note_id FROM third_party_note_others",
        "DELETE FROM third_party_note_others WHERE note_id = %s",
    )
    with use_site(north):
        assert [link.note_id for link in through.objects.all()] == [linked["North"].pk]
        assert rows(select) == [(linked["North"].pk,)]
        assert changed(delete, linked["South"].pk) == 0
        assert through.objects.update(label_id=linked["North"].label_id) == 1
        for note, label in (("South", "North"), ("North", "South"), ("South", "South")):
            with pytest.raises(DatabaseError), transaction.atomic():
                through.objects.create(note_id=linked[note].pk, label_id=linked[label].label_id)
    with pytest.raises(NoCurrentSite):
        through.objects.count()
    assert rows(select) == []
    with every_site():
        assert len(rows(select)) == 2


def test_a_relation_with_a_made_up_key_reads_nothing(pages: dict[str, Page], north: Site) -> None:
    with use_site(north):
        with pytest.raises(Page.DoesNotExist):
            _ = Page(parent_id=pages["South"].pk).parent
        assert Page(parent_id=pages["North"].pk).parent == pages["North"]


def test_rows_of_a_child_model_are_those_of_the_site(north: Site, south: Site) -> None:
    for site in (north, south):
        with use_site(site):
            Memo.objects.create(text=site.name)
    with use_site(north):
        assert len(rows("SELECT * FROM third_party_memo")) == 1
        assert (
            changed("DELETE FROM third_party_memo WHERE note_ptr_id IN (SELECT note_ptr_id FROM third_party_memo)") == 1
        )
    assert Memo.all_sites.count() == 1


def test_a_made_up_row_cannot_be_written_to_another_site(north: Site, south: Site) -> None:
    statement = "INSERT INTO third_party_label (site_id, name) VALUES (%s, 'x')"
    with use_site(north):
        assert changed(statement, north.pk) == 1
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            changed(statement, south.pk)
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            changed("UPDATE third_party_label SET site_id = %s", south.pk)


def test_all_sites_is_the_exception_also_inside_another_query(nora: User, sam: User, north: Site) -> None:
    members = Membership.all_sites.filter(role__name="Editor")
    with use_site(north):
        assert members.count() == 2
        assert members.exclude(user=nora).exists()
        assert User.objects.filter(pk__in=members.values("user")).count() == 2
        assert members.values("role").distinct().count() == 1
        assert members.union(members).count() == 2
        assert len(list(members.iterator())) == 2
        assert len(Membership.all_sites.raw("SELECT * FROM tenancy_membership")) == 2
        assert members.update(role=members[0].role) == 2
        assert Membership.objects.count() == 1
        assert members.delete()[0] == 2
        assert User.objects.filter(pk__in=Membership.objects.values("user")).count() == 0


def test_an_account_is_deleted_with_all_that_it_has(nora: User, north: Site, south: Site) -> None:
    with use_site(south):
        Membership.objects.create(user=nora, role=Membership.all_sites.get(user=nora).role)
    with use_site(north):
        nora.delete()
        connection.check_constraints()
    assert Membership.all_sites.count() == 0


# Roles and commands


def test_tables_cannot_be_changed_or_emptied(pages: dict[str, Page]) -> None:
    for statement in (
        "TRUNCATE pages_page CASCADE",
        "ALTER TABLE pages_page DISABLE ROW LEVEL SECURITY",
        "DROP POLICY x ON pages_page",
        "CREATE TRIGGER x AFTER INSERT ON pages_page EXECUTE FUNCTION tenancy_raise_epoch()",
    ):
        with pytest.raises((ProgrammingError, InternalError)), transaction.atomic():
            changed(statement)
    assert Page.all_sites.count() == len(pages)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("grant", "revoke", "words"),
    [
        ("ALTER ROLE {} SUPERUSER", "ALTER ROLE {} NOSUPERUSER", "it is a superuser"),
        ("ALTER ROLE {} BYPASSRLS", "ALTER ROLE {} NOBYPASSRLS", "it has BYPASSRLS"),
        (
            "ALTER TABLE pages_page OWNER TO {}",
            "ALTER TABLE pages_page OWNER TO {owner}",
            "it owns the table pages_page",
        ),
    ],
)
def test_a_role_that_row_security_does_not_bind_is_refused(grant: str, revoke: str, words: str) -> None:
    role = connection.settings_dict["USER"]
    with connected_as_owner():
        owner = connection.settings_dict["USER"]
        changed(grant.format(role, owner=owner))
    try:
        connection.close()
        for _ in range(2):
            with pytest.raises(UnboundRole, match=f"{role!r}.*{words}"):
                rows("SELECT 1")
        assert Browser("north.test").get("/readyz", headers={"Accept": "application/json"}).status_code == 503
    finally:
        with connected_as_owner():
            changed(revoke.format(role, owner=owner))
            install()
    assert rows("SELECT 1") == [(1,)]


@pytest.mark.django_db(transaction=True)
def test_a_table_without_its_policy_is_reported_and_repaired() -> None:
    with connected_as_owner():
        changed("ALTER TABLE pages_page DISABLE ROW LEVEL SECURITY")
    assert policies.unprotected_tables(connection) == ["pages_page"]
    assert ">1 tables have none<" in Browser("x.test").get("/healthz").content.decode()
    with connected_as_owner():
        install()
    assert policies.unprotected_tables(connection) == []


@pytest.mark.django_db(transaction=True)
def test_it_is_turned_off_and_on_again(pages: dict[str, Page], settings: Settings) -> None:
    settings.ROW_SECURITY = False
    with connected_as_owner():
        install()
    assert len(rows("SELECT title FROM pages_page")) == 2
    settings.ROW_SECURITY = True
    with connected_as_owner():
        install()
        install()
        assert len(rows("SELECT title FROM pages_page")) == len(pages), "an old pod connects as the owner"
    assert rows("SELECT title FROM pages_page") == []


Command = Callable[[], str]


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize(
    "command", [("dumpdata", "pages", "--all"), ("loaddata", "-", "--format=json")], ids=lambda c: c[0]
)
def test_commands_for_rows_need_a_site(command: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match="--site=DOMAIN"):
        call(*command, stdin="[]")


def test_a_dump_has_the_rows_of_its_site_and_is_loaded_there_only(
    pages: dict[str, Page], north: Site, south: Site
) -> None:
    with use_site(north):
        dump = call("dumpdata", "pages", "--all")
        assert '"North"' in dump
        assert "South" not in dump
        call("loaddata", "-", "--format=json", stdin=dump)
    with use_site(south), pytest.raises((DatabaseError, CommandError)), transaction.atomic():
        call("loaddata", "-", "--format=json", stdin=dump)
    assert person("ida", south).username == "ida"
