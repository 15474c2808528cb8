"""Samples of the pages that a theme has to show. Each app registers its own, in `AppConfig.ready`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.template import engines
from django.template.utils import get_app_template_dirs

from app.tenancy.current import activate
from app.tenancy.hosts.snapshot import ACTIVE, CurrentSite
from app.tenancy.sites.themes import option_values
from app.themes.definition import Theme


@dataclass(frozen=True)
class Sample:
    """A page with `template` or, if no theme and no app has it, with the first of `others`."""

    title: str
    template: str
    context: Callable[[], Mapping[str, Any]] = dict
    path: str = "/sample/"
    others: tuple[str, ...] = ()


_samples: list[Sample] = []


def register_sample(sample: Sample) -> None:
    _samples.append(sample)


def samples() -> list[Sample]:
    return list(_samples)


def render(sample: Sample, theme: Theme) -> str:
    """The page as a site with this theme would show it; the site is made up and not stored.

    Raises what the template raises.
    """
    # Here: it loads all of Django's tools for tests, and every process imports this module.
    from django.test import RequestFactory

    site = CurrentSite(0, "sample.example", "Sample", ACTIVE, theme.name, "", "", "override")
    request = RequestFactory().get(sample.path)
    context = {"site": site, "theme_options": option_values(site), "request": request, "navigation": []}
    with activate(site):
        return str(engines["django"].get_template(template_of(sample, theme)).render({**context, **sample.context()}))


def template_of(sample: Sample, theme: Theme) -> str:
    """The name of the template that a site with this theme would use."""
    names = (sample.template, *sample.others)
    places = [theme.templates for theme in theme.chain] + list(get_app_template_dirs("templates"))
    return next((name for name in names if any((place / name).is_file() for place in places)), names[-1])


def origin(template: str, theme: Theme) -> str:
    """The theme, or the app, that a template comes from."""
    for each in theme.chain:
        if (each.templates / template).is_file():
            return each.name
    for config in apps.get_app_configs():
        if (Path(config.path) / "templates" / template).is_file():
            return f"the app {config.label}"
    return "no app"
