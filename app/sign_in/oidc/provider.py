"""The provider of OIDC_URL: its addresses, and the requests of the authorization code flow with PKCE."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from app.sign_in.oidc import http
from app.sign_in.oidc.configuration import DISCOVERY
from app.sign_in.oidc.faults import InvalidResponse

KEPT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the provider says of itself. `userinfo_endpoint` may be empty."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    basic_authentication: bool


def metadata() -> Metadata:
    """Kept for five minutes. Raises `ProviderAway`, `InvalidResponse`."""
    issuer = settings.OIDC_URL
    kept_until, found = _kept.get(issuer, (0.0, None))
    if found is None or time.monotonic() > kept_until:
        found = _read(issuer, http.get_json(f"{issuer}{DISCOVERY}"))
        _kept.clear()
        _kept[issuer] = (time.monotonic() + KEPT_SECONDS, found)
    return found


def forget() -> None:
    _kept.clear()


_kept: dict[str, tuple[float, Metadata | None]] = {}


def _read(expected: str, answer: dict[str, Any]) -> Metadata:
    issuer = answer.get("issuer")
    if not isinstance(issuer, str) or issuer.rstrip("/") != expected:
        raise InvalidResponse("issuer_is_not_OIDC_URL")
    scheme = urlsplit(expected).scheme
    addresses = {}
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
        address = answer.get(name, "")
        # SECURITY: as for OIDC_URL itself: no secret and no key without encryption.
        is_safe = isinstance(address, str) and urlsplit(address).scheme in ("https", scheme)
        if not is_safe and (name != "userinfo_endpoint" or address):
            raise InvalidResponse(f"{name}_missing_or_not_{scheme}")
        addresses[name] = address
    methods = answer.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Metadata(issuer, basic_authentication="client_secret_post" not in methods, **addresses)


class Adapter(OpenIDConnectOAuth2Adapter):
    basic_auth = False  # `exchange` decides

    @property
    def openid_config(self) -> dict[str, Any]:
        found = metadata()
        return {"authorization_endpoint": found.authorization_endpoint, "token_endpoint": found.token_endpoint}

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:  # noqa: ARG002  # allauth's signature
        return callback_address(request)


class Provider(OpenIDConnectProvider):
    """allauth's provider, which keeps state and PKCE in the session; ours has no row in the database."""

    oauth2_adapter_class = Adapter

    def __init__(self, request: HttpRequest) -> None:
        app = SocialApp(
            provider=self.id,
            provider_id=settings.OIDC_URL,
            name=settings.OIDC_NAME,
            client_id=settings.OIDC_CLIENT_ID,
            settings={"oauth_pkce_enabled": True},
        )
        super().__init__(request, app=app)

    def address_to_visit(self, next_url: str | None) -> str:
        """The provider's page for a sign-in that begins now. Raises `ProviderAway`, `InvalidResponse`."""
        nonce = secrets.token_urlsafe(32)
        response = self.redirect(
            self.request, AuthProcess.LOGIN, next_url=next_url, auth_params={"nonce": nonce}, nonce=nonce
        )
        return str(response.headers["Location"])


def callback_address(request: HttpRequest) -> str:
    """The redirect URI: on the host of the request, which `HostMiddleware` has checked."""
    return request.build_absolute_uri(reverse("oidc_callback"))


def exchange(request: HttpRequest, found: Metadata, code: str, verifier: str) -> dict[str, Any]:
    """The tokens for a code. Raises `ProviderAway`, `InvalidResponse`."""
    data = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": callback_address(request),
        "code_verifier": verifier,
    }
    client = {"client_id": settings.OIDC_CLIENT_ID, "client_secret": settings.OIDC_CLIENT_SECRET}
    if found.basic_authentication:
        user, password = (quote(part, safe="") for part in client.values())  # as RFC 6749, 2.3.1 says
        return http.post_form(found.token_endpoint, data, (user, password))
    return http.post_form(found.token_endpoint, data | client, None)
