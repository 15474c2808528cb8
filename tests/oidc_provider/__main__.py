"""python -m tests.oidc_provider PORT

The package signs its tokens, knows people by PUT /users/SUBJECT, and shows a form at /oauth2/authorize. This adds:

- PKCE with S256, which every sign-in has to use;
- one client, CLIENT, whose secret is checked;
- PUT /faults: `id_token`, `userinfo` and `metadata` replace values in the next responses (null removes one), `key` is
  "other" or "none" (another signature, or none), `status` is the status of the token endpoint.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import sys
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

import flask
import uvicorn
from joserfc import jwk, jws
from oidc_provider_mock import app as provider_app

from tests.oidc_provider.client import CLIENT

OTHER_HOSTS = re.compile(r"<link[^>]+https://[^>]+>")  # a style sheet: a browser of the tests stays on this machine
OTHER_KEY = jwk.RSAKey.generate_key(2048)


def make_app(origin_of_pages: str) -> flask.Flask:
    app: flask.Flask = provider_app()
    faults: dict[str, Any] = {}
    challenges: dict[str, str] = {}

    @app.put("/faults")
    def set_faults() -> tuple[str, int]:
        faults.clear()
        faults.update(flask.request.get_json())
        return "", 204

    @app.before_request
    def check_client() -> tuple[dict[str, str], int] | None:
        if flask.request.path != "/oauth2/token":
            return None
        if "status" in faults:
            return {"error": "temporarily_unavailable"}, int(faults["status"])
        given, form = flask.request.authorization, flask.request.form
        sent = (
            (_decoded(given.username), _decoded(given.password))
            if given
            else (form.get("client_id"), form.get("client_secret"))
        )
        if sent != CLIENT:
            return {"error": "invalid_client"}, 401
        verifier = form.get("code_verifier", "")
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        if challenges.pop(form.get("code", ""), None) != digest:
            return {"error": "invalid_grant"}, 400
        return None

    @app.before_request
    def require_pkce() -> tuple[str, int] | None:
        method = flask.request.args.get("code_challenge_method")
        is_bad = flask.request.path == "/oauth2/authorize" and method != "S256"
        return ("S256 is required", 400) if is_bad else None

    @app.after_request
    def change(response: flask.Response) -> flask.Response:
        path = flask.request.path
        if path == "/oauth2/authorize" and "Location" in response.headers:
            for code in parse_qs(urlsplit(response.headers["Location"]).query).get("code", []):
                challenges[code] = flask.request.args["code_challenge"]
        if response.mimetype == "text/html":
            response.set_data(OTHER_HOSTS.sub("", response.get_data(as_text=True)))
        if response.status_code != 200 or not response.is_json:
            return response
        answer = response.get_json()
        if path == "/.well-known/openid-configuration":
            answer["authorization_endpoint"] = f"{origin_of_pages}/oauth2/authorize"
            replace(answer, faults.get("metadata", {}))
        elif path == "/userinfo":
            replace(answer, faults.get("userinfo", {}))
        elif path == "/oauth2/token":
            answer["id_token"] = signed_again(answer["id_token"], faults)
        response.set_data(json.dumps(answer))
        return response

    return app


def _decoded(text: str | None) -> str:
    """RFC 6749, 2.3.1: both parts of the credentials are URL-encoded."""
    return unquote_plus(text or "")


def replace(values: dict[str, Any], changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        values[name] = value
        if value is None:
            del values[name]


def signed_again(token: str, faults: dict[str, Any]) -> str:
    if not {"id_token", "key"} & faults.keys():
        return token
    head, body, _signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    replace(claims, faults.get("id_token", {}))
    text = json.dumps(claims).encode()
    if faults.get("key") == "none":
        header = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
        return f"{header}.{base64.urlsafe_b64encode(text).decode().rstrip('=')}."
    header = json.loads(base64.urlsafe_b64decode(head + "=="))
    own = jwk.RSAKey.import_key(flask.g.oidc_provider_mock_storage.jwk.as_dict(is_private=True))
    return jws.serialize_compact(header, text, OTHER_KEY if faults.get("key") == "other" else own)


if __name__ == "__main__":
    port = int(sys.argv[1])
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
    # A browser sees it under a name, as our sites; the platform reaches it by the address of OIDC_URL.
    application = make_app(f"http://login.localhost:{port}")
    uvicorn.run(application, interface="wsgi", host="127.0.0.1", port=port, log_level="warning")
