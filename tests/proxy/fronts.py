"""Real proxies on loopback, with the recipes as they are shipped: only addresses and file names are put in."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.http import visit
from tests.support.programs import ROOT, free_port, program, running, wait_until

RECIPES = ROOT / "docker" / "proxies"
NAMES = ("nginx", "haproxy", "caddy", "apache")
ON_DEMAND = "tls {\n\t\ton_demand\n\t}"
#: What a visitor may send to pass for a proxy.
FORGED = {
    "X-Forwarded-Host": "south.localhost",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Port": "1",
    "Forwarded": "host=south.localhost;proto=gopher;for=203.0.113.9",
}


@dataclass(frozen=True, slots=True)
class Front:
    name: str
    http: int
    https: int
    log: Path


@dataclass(frozen=True, slots=True)
class Place:
    """Where a proxy of a test lives."""

    folder: Path
    upstream: int
    http: int
    https: int

    @property
    def certificate(self) -> Path:
        return self.folder / "fullchain.pem"

    @property
    def key(self) -> Path:
        return self.folder / "privkey.pem"


@contextmanager
def front(name: str, upstream: int, folder: Path) -> Iterator[Front]:
    """The named proxy in front of a port of ours."""
    folder.mkdir(parents=True)
    place = Place(folder, upstream, free_port(), free_port())
    make_certificate(place)
    command = {"nginx": nginx, "haproxy": haproxy, "caddy": caddy, "apache": apache, "traefik": traefik}[name](place)
    log = folder / "log"
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    with running(command, port=place.https, env=env, log=log, what=name):
        # Traefik listens before it has read its routes.
        wait_until(lambda: alive(place), what=f"an answer through {name}")
        yield Front(name, place.http, place.https, log)


def alive(place: Place) -> bool:
    try:
        return visit(place.https, "north.localhost", "/livez", tls=True).status == 200
    except OSError:
        return False


def make_certificate(place: Place) -> None:
    kind = "-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = "-subj /CN=localhost -addext subjectAltName=DNS:*.localhost"
    files = ["-keyout", str(place.key), "-out", str(place.certificate)]
    command = ["openssl", "req", *kind.split(), *names.split(), *files]
    subprocess.run(command, check=True, capture_output=True)


def recipe(file: str, changes: dict[str, str]) -> str:
    """The shipped text with each of the given pieces replaced. A piece that is not there is a fault."""
    text = (RECIPES / file).read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, f"{file} does not say {old!r} any more"
        text = text.replace(old, new)
    return text


def nginx(place: Place) -> list[str]:
    site = recipe(
        "nginx.conf",
        {
            "127.0.0.1:8000": f"127.0.0.1:{place.upstream}",
            "listen 80 ": f"listen 127.0.0.1:{place.http} ",
            "listen 443 ": f"listen 127.0.0.1:{place.https} ",
            "/etc/ssl/colonnade": str(place.folder),
        },
    )
    (place.folder / "colonnade.conf").write_text(site)
    temporary = "".join(
        f"{kind}_temp_path {place.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = f"""
        user {"root" if os.geteuid() == 0 else "nobody"};
        daemon off; pid {place.folder}/nginx.pid; error_log stderr warn;
        events {{ }}
        http {{ access_log off; {temporary} include {place.folder}/colonnade.conf; }}
    """
    (place.folder / "nginx.conf").write_text(main)
    return [str(program("nginx")), "-p", str(place.folder), "-c", str(place.folder / "nginx.conf"), "-e", "stderr"]


def haproxy(place: Place) -> list[str]:
    both = place.folder / "both.pem"
    both.write_text(place.certificate.read_text() + place.key.read_text())
    # The two sections as Debian's package has them.
    general = (
        "global\n    maxconn 1000\ndefaults\n    timeout connect 5s\n    timeout client 50s\n    timeout server 50s\n"
    )
    text = recipe(
        "haproxy.cfg",
        {
            "127.0.0.1:8000": f"127.0.0.1:{place.upstream}",
            "bind :80": f"bind 127.0.0.1:{place.http}",
            "bind :443": f"bind 127.0.0.1:{place.https}",
            "/etc/haproxy/certs/": str(both),
        },
    )
    (place.folder / "haproxy.cfg").write_text(general + text)
    return [str(program("haproxy")), "-db", "-f", str(place.folder / "haproxy.cfg")]


def caddy(place: Place) -> list[str]:
    return caddy_with(place, "auto_https off", {ON_DEMAND: f"tls {place.certificate} {place.key}"})


def caddy_with(place: Place, option: str, changes: dict[str, str]) -> list[str]:
    """Caddy with one more global option, and pieces of its recipe replaced."""
    general = (
        f"{{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\t{option}\n\thttp_port {place.http}\n\thttps_port {place.https}\n"
    )
    addresses = {"127.0.0.1:8000": f"127.0.0.1:{place.upstream}", "http:// {": f"http://:{place.http} {{"}
    text = recipe("Caddyfile", {**addresses, "https:// {": f"https://:{place.https} {{", **changes})
    (place.folder / "Caddyfile").write_text(text.replace("{\n", general, 1))
    return [str(program("caddy")), "run", "--adapter", "caddyfile", "--config", str(place.folder / "Caddyfile")]


def apache(place: Place) -> list[str]:
    site = recipe(
        "apache.conf",
        {
            "127.0.0.1:8000": f"127.0.0.1:{place.upstream}",
            "*:80": f"127.0.0.1:{place.http}",
            "*:443": f"127.0.0.1:{place.https}",
            "/etc/ssl/colonnade": str(place.folder),
        },
    )
    modules = ["mpm_event", "authz_core", "reqtimeout", "ssl", "socache_shmcb", "headers", "proxy", "proxy_http"]
    lines = [f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in modules]
    lines += [
        f"Listen 127.0.0.1:{place.http}",
        f"Listen 127.0.0.1:{place.https}",
        "ServerName proxy.example",
        f"ServerRoot {place.folder}",
        f"PidFile {place.folder}/pid",
        f"DefaultRuntimeDir {place.folder}",
        "User www-data",
        "Group www-data",
        "ErrorLog /dev/stderr",
        site,
    ]
    (place.folder / "apache2.conf").write_text("\n".join(lines))
    return [str(program("apache2")), "-D", "FOREGROUND", "-f", str(place.folder / "apache2.conf")]


def traefik(place: Place) -> list[str]:
    site = recipe("traefik.yaml", {"127.0.0.1:8000": f"127.0.0.1:{place.upstream}"})
    plain = "    plain: {rule: PathPrefix(`/`), service: colonnade, entryPoints: [web], middlewares: [colonnade]}\n"
    certificates = f"tls: {{certificates: [{{certFile: {place.certificate}, keyFile: {place.key}}}]}}\n"
    (place.folder / "colonnade.yaml").write_text(site.replace("  routers:\n", f"  routers:\n{plain}") + certificates)
    return [
        str(shutil.which("traefik")),
        f"--providers.file.filename={place.folder / 'colonnade.yaml'}",
        f"--entrypoints.web.address=127.0.0.1:{place.http}",
        f"--entrypoints.websecure.address=127.0.0.1:{place.https}",
    ]
