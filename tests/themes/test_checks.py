"""`manage.py check` refuses a theme with which every page would be a 500."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from app.themes import catalogue
from app.themes.checks import themes_are_complete


def found() -> list[tuple[str | None, str]]:
    return [(message.id, message.msg) for message in themes_are_complete()]


def test_the_shipped_themes_pass() -> None:
    assert found() == []


def test_a_theme_that_lacks_a_template_is_refused(night: None) -> None:
    assert found() == [("themes.E001", "The theme 'night' has no base.html.")]
    with pytest.raises(CommandError, match=r"themes\.E001"):
        call_command("check")


def test_a_theme_with_a_template_that_is_no_template_is_refused(night: None) -> None:
    templates = catalogue.templates_of("night")
    (templates / "base.html").write_text("{% block content %}")
    assert [name for name, _ in found()] == ["themes.E002"]
    (templates / "base.html").write_text("{% block content %}{% endblock %}")
    assert found() == []
