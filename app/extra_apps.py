"""The apps that `EXTRA_APPS` names: found, read for settings of their own, and named when they cannot start."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from django.apps import AppConfig
from django.conf import settings
from environs import ValidationError
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from app import __version__
from app.env import Environment
from app.extension import SiteAppConfig

Result = TypeVar("Result")


class AppCannotStart(Exception):
    """An app from outside raised an error while it was loaded."""


def find(entry: str) -> AppConfig:
    """The app of an entry: a module, or its AppConfig. Raises `ValidationError`."""
    try:
        config = AppConfig.create(entry)
    except ModuleNotFoundError as error:
        if error.name and (entry == error.name or entry.startswith(f"{error.name}.")):
            raise ValidationError(f"There is no module {entry!r} on the Python path.") from None
        raise ValidationError(f"The app {entry!r} needs the module {error.name!r}, which is not installed.") from None
    except Exception as error:  # noqa: BLE001  # the app's own code runs here
        raise ValidationError(f"The app {entry!r} cannot be imported: {type(error).__name__}: {error}") from None
    if isinstance(config, SiteAppConfig):
        _refuse_other_versions(entry, config.requires)
    return config


def _refuse_other_versions(entry: str, requires: str) -> None:
    """Raises `ValidationError` unless this version of the platform is one of those that an app names."""
    try:
        fits = SpecifierSet(requires).contains(__version__, prereleases=True)
    except InvalidSpecifier:
        message = f"The app {entry!r}: requires = {requires!r} is not a range of versions such as '>=0.1,<0.3'."
        raise ValidationError(message) from None
    if not fits:
        raise ValidationError(f"The app {entry!r} needs Colonnade {requires}, and this is {__version__}.")


def entry_of(config: AppConfig) -> str:
    """The app's entry in INSTALLED_APPS."""
    kind = type(config)
    return config.name if kind is AppConfig else f"{kind.__module__}.{kind.__qualname__}"


def settings_of(configs: Collection[AppConfig], env: Environment, taken: Collection[str]) -> dict[str, Any]:
    """The settings that the apps read themselves. What is wrong with them is reported with all other faults."""
    found: dict[str, Any] = {}
    for config in configs:
        if not isinstance(config, SiteAppConfig):
            continue
        values: Mapping[str, Any] = config.read_settings(env)
        for name, value in values.items():
            if not name.isupper() or name in taken or name in found:
                why = "exists already" if name.isupper() else "is not in capital letters"
                env.add_error("EXTRA_APPS", f"The setting {name!r} of the app {config.name!r} {why}.")
            found[name] = value
    return found


def folders() -> list[Path]:
    """Where the code and the templates of the apps are."""
    modules = [import_module(config.name) for config in settings.EXTRA_APPS]
    return [Path(module.__file__).parent for module in modules if module.__file__]


def naming_the_app(start: Callable[[], Result]) -> Result:
    """What `start()` returns. Raises `AppCannotStart` for an error that comes from an app of `EXTRA_APPS`."""
    try:
        return start()
    except Exception as error:
        name = _culprit(error)
        if name is None:
            raise
        if settings.DEBUG:
            traceback.print_exc(file=sys.stderr)
        message = f"The app {name!r} of EXTRA_APPS cannot start: {type(error).__name__}: {error}"
        raise AppCannotStart(message) from None


def _culprit(error: BaseException) -> str | None:
    frames = [frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__)]
    for module in reversed(frames):
        for config in settings.EXTRA_APPS:
            if module == config.name or module.startswith(f"{config.name}."):
                return str(config.name)
    return None
