"""Reads the environment: typed, with `NAME_FILE`; all bad values are reported together, by name."""

from __future__ import annotations

import functools
import ipaddress
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environs import Env, ValidationError


class InvalidEnvironment(ImproperlyConfigured):
    """One or more variables are invalid. `problems` maps each variable's name to what is wrong with it."""

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        self.problems = dict(problems)
        lines = [f"  {name}: {' '.join(messages)}" for name, messages in sorted(self.problems.items())]
        super().__init__("The environment cannot be used:\n" + "\n".join(lines))


class Environment(Env):
    """Collects errors while variables are read; `seal()` raises them together as `InvalidEnvironment`.

    A variable NAME may come from the file that NAME_FILE names (a mounted secret). Setting both is an error,
    because one of them would be ignored.
    """

    def __init__(self) -> None:
        super().__init__(eager=False)
        self.add_parser("networks", _networks)

    def add_error(self, name: str, message: str) -> None:
        """Records an error that only several values together show."""
        self._errors[name].append(message)

    def refuse_files(self, names: Iterable[str]) -> None:
        """For variables that docker/gunicorn.conf.py reads as well, before the application is loaded."""
        for name in names:
            if os.environ.get(f"{name}_FILE"):
                self.add_error(name, f"{name}_FILE is not read by the server. Set {name} itself.")

    def seal(self) -> None:
        if self._errors:
            raise InvalidEnvironment(self._errors)
        super().seal()

    def _get_value(self, env_key: str, default: Any) -> Any:  # Any: environs passes its own sentinel through
        path = os.environ.get(f"{env_key}_FILE")
        if not path:
            value = super()._get_value(env_key, default)
            # An empty variable is how compose files and charts say "not set".
            return default if value == "" else value
        if os.environ.get(env_key):
            self.add_error(env_key, f"Set {env_key} or {env_key}_FILE, not both.")
            return os.environ[env_key]
        try:
            # Editors and `kubectl create secret --from-file` add a line end that is not part of the secret.
            return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            self.add_error(env_key, f"{env_key}_FILE cannot be read ({reason}): {path}.")
            return default if default is not ... else ""


def read_or_create_secret(path: Path, create: Callable[[], str]) -> str:
    """The secret in a file, which is created once and readable by its owner only. Raises `OSError`.

    Processes that start at the same time get the same one: the file appears with its content or not at all.
    """
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent)  # readable by its owner only
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(create())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first; its secret is used
        finally:
            Path(draft).unlink()
    return path.read_text(encoding="utf-8")


class Networks:
    """A set of networks for `address in networks`; the address is a string as a WSGI server gives it.

    `unix` means a unix socket, whose peer has no address.
    """

    def __init__(self, cidrs: Iterable[str]) -> None:
        self.cidrs = tuple(cidrs)
        self._unix = "unix" in self.cidrs
        self._networks = tuple(ipaddress.ip_network(cidr) for cidr in self.cidrs if cidr != "unix")
        # A server behind a proxy has few peers; the bound limits the memory of one that is exposed directly.
        self._contains = functools.lru_cache(maxsize=1024)(self._find)

    def __contains__(self, address: object) -> bool:
        return self._contains(str(address or ""))

    def __repr__(self) -> str:
        return f"Networks({list(self.cidrs)})"

    def _find(self, address: str) -> bool:
        if not address:
            return self._unix
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
            parsed = parsed.ipv4_mapped
        return any(parsed in network for network in self._networks)


def _networks(value: str | Iterable[str]) -> Networks:
    cidrs = [part.strip() for part in value.split(",")] if isinstance(value, str) else list(value)
    try:
        return Networks(cidr for cidr in cidrs if cidr)
    except ValueError as error:
        raise ValidationError(f"Not a list of networks such as 10.0.0.0/8: {error}.") from None
