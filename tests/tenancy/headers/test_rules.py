"""What a site may change of its security headers, at the door that forms, commands and files use."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from app.tenancy.headers.rules import MAX_CHARACTERS, clean_headers
from app.tenancy.models import SiteProfile
from tests.support.commands import call, call_main

HASH = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content_security_policy": {"img-src": ["https://images.example", "https://*.cdn.example:8443/a/", "data:"]}},
        {"content_security_policy": {"script-src": [HASH], "frame-ancestors": ["'self'", "https://portal.example"]}},
        {"permissions_policy": {"geolocation": ["self", "https://maps.example"], "camera": []}},
        {"hsts_seconds": 0},
        {"hsts_seconds": 31_536_000, "hsts_include_subdomains": True, "hsts_preload": True},
    ],
)
def test_it_works(north: Site, headers: dict[str, Any]) -> None:
    call("sites", "set", "north.test", "--setting", f"headers={json.dumps(headers)}")
    assert SiteProfile.objects.get(site=north).settings["headers"] == headers


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ([], "headers: must be a map"),
        ({"x_frame_options": "DENY"}, "headers.x_frame_options: unknown"),
        ({"content_security_policy": "default-src *"}, "content_security_policy: must be a map of lists"),
        ({"content_security_policy": {"default-src": ["https://a.example"]}}, "default-src: unknown"),
        ({"content_security_policy": {"report-uri": ["https://a.example"]}}, "report-uri: unknown"),
        ({"content_security_policy": {"img-src": "https://a.example"}}, "img-src: must be a list"),
        ({"content_security_policy": {"img-src": [1]}}, "img-src: must be a list"),
        *(
            ({"content_security_policy": {directive: [source]}}, f"{directive}: {source!r} is not allowed")
            for directive, source in (
                ("script-src", "'unsafe-inline'"),
                ("script-src", "'unsafe-eval'"),
                ("script-src", "'unsafe-hashes'"),
                ("script-src", "'strict-dynamic'"),
                ("script-src", "data:"),
                ("script-src", "blob:"),
                ("script-src", "https:"),
                ("script-src", "*"),
                ("script-src", "https://*"),
                ("script-src", "https://*.example"),
                ("script-src", "http://a.example"),
                ("script-src", "https://a.example; script-src *"),
                ("script-src", "https://a.example\r\nSet-Cookie: a=b"),
                ("script-src", "https://a.example\n"),
                ("script-src", "https://a.example, b"),
                ("script-src", "https://user@a.example"),
                ("script-src", "https://A.example"),
                ("style-src", "'unsafe-inline'"),
                ("img-src", HASH),
                ("frame-ancestors", "*"),
                ("form-action", "'none'"),
            )
        ),
        ({"permissions_policy": {"nosuch": ["self"]}}, "permissions_policy.nosuch: unknown"),
        ({"permissions_policy": {"camera": ["*"]}}, "camera: '*' is not allowed"),
        ({"permissions_policy": {"camera": ['https://a.example"']}}, "camera:"),
        ({"permissions_policy": {"camera": ["https://*.a.example"]}}, "camera:"),
        ({"hsts_seconds": "60"}, "hsts_seconds: must be a number"),
        ({"hsts_seconds": True}, "hsts_seconds: must be a number"),
        ({"hsts_seconds": -1}, "hsts_seconds: must be a number"),
        ({"hsts_include_subdomains": 1}, "hsts_include_subdomains: must be true or false"),
        ({"hsts_seconds": 60, "hsts_include_subdomains": True, "hsts_preload": True}, "hsts_preload: needs"),
        ({"hsts_seconds": 31_536_000, "hsts_preload": True}, "hsts_preload: needs"),
        (
            {"content_security_policy": {"img-src": [f"https://a{n}.example" for n in range(MAX_CHARACTERS // 15)]}},
            "more than 2000 characters",
        ),
    ],
)
def test_a_faulty_value_is_named_and_nothing_is_written(north: Site, headers: Any, named: str) -> None:
    before = SiteProfile.objects.get(site=north).settings
    with pytest.raises(CommandError) as refused:
        call("sites", "set", "north.test", "--setting", f"headers={json.dumps(headers)}")
    assert named in str(refused.value)
    assert SiteProfile.objects.get(site=north).settings == before


def test_a_file_names_every_fault_of_a_site(north: Site, tmp_path: Any) -> None:
    file = tmp_path / "sites.json"
    headers = {"hsts_seconds": -1, "permissions_policy": {"nosuch": []}, "unknown": 1}
    site = {"domain": "east.test", "settings": {"headers": headers}}
    file.write_text(json.dumps({"sites": {"east": site}}))
    done = call_main("sync_sites", str(file))
    assert done.returncode == 2
    for name in ("headers.hsts_seconds", "headers.permissions_policy.nosuch", "headers.unknown"):
        assert name in done.stderr
    assert not Site.objects.filter(domain="east.test").exists()


def test_other_code_cannot_store_them_either(north: Site) -> None:
    north.profile.settings = {"headers": {"content_security_policy": {"script-src": ["*"]}}}
    with pytest.raises(ValidationError):
        north.profile.save()


def test_all_faults_are_reported_together() -> None:
    with pytest.raises(ValidationError) as refused:
        clean_headers({"hsts_seconds": -1, "hsts_preload": "yes", "nosuch": 1})
    assert len(refused.value.messages) == 3
