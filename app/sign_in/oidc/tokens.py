"""The ID token, and the claims that follow from it."""

from __future__ import annotations

import hmac
from typing import Any

import jwt
from django.conf import settings

from app.sign_in.oidc import http
from app.sign_in.oidc.faults import InvalidResponse
from app.sign_in.oidc.provider import Metadata

# SECURITY: signatures with the provider's private key only; neither "none" nor HS256 with a public key as its secret.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
REQUIRED = ["iss", "sub", "aud", "exp", "iat"]
CLOCK_SECONDS = 60  # how far the clocks may be apart


def claims_of(found: Metadata, tokens: dict[str, Any], nonce: str) -> dict[str, Any]:
    """What the provider says of the person; the signed ID token wins over the rest. Raises `SignInFault`."""
    claims = _verified(str(tokens.get("id_token", "")), found, nonce)
    if not found.userinfo_endpoint:
        return claims
    bearer = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
    more = http.get_json(found.userinfo_endpoint, bearer)
    # SECURITY: OpenID Connect Core, 5.3.4: an access token may have been exchanged for another person's.
    if more.get("sub") != claims["sub"]:
        raise InvalidResponse("userinfo_of_another_person")
    return more | claims


def _verified(token: str, found: Metadata, nonce: str) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(token, found).key,
            algorithms=ALGORITHMS,
            audience=settings.OIDC_CLIENT_ID,
            issuer=found.issuer,
            leeway=CLOCK_SECONDS,
            options={"require": REQUIRED},
        )
    except jwt.PyJWTError as error:
        raise InvalidResponse(f"id_token_{type(error).__name__}") from None
    ours = settings.OIDC_CLIENT_ID
    # Of several audiences, the one that the token was issued to must be us.
    if claims.get("azp", ours if claims["aud"] in (ours, [ours]) else None) != ours:
        raise InvalidResponse("id_token_azp")
    # SECURITY: allauth does not check it. Without it a token from another sign-in could be used in this one.
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise InvalidResponse("id_token_nonce")
    return claims


def _key(token: str, found: Metadata) -> jwt.PyJWK:
    """The provider's key that the token names. Raises `jwt.PyJWTError`."""
    kid = jwt.get_unverified_header(token).get("kid")
    keys = jwt.PyJWKSet.from_dict(http.get_json(found.jwks_uri)).keys
    fitting = [key for key in keys if key.public_key_use in (None, "sig") and kid in (None, key.key_id)]
    if len(fitting) != 1:
        raise jwt.InvalidKeyError("The token names no key, and there are several, or an unknown one.")
    return fitting[0]
