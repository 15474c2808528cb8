"""A security key in software: what a browser would send for a passkey."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

USED = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


@dataclass
class SecurityKey:
    """Holds one passkey; it signs whatever `origin` it is told that the page has."""

    origin: str
    id: bytes = b"credential-id"
    owner: bytes = b""
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: dict[str, Any]) -> str:
        public = options["publicKey"]
        self.owner = public["user"]["id"]
        key = ES256.from_cryptography_key(self.private.public_key())
        attested = AttestedCredentialData.create(bytes(16), self.id, key)
        client = CollectedClientData.create("webauthn.create", public["challenge"], self.origin)
        data = self._data(public["rp"]["id"], USED | AuthenticatorData.FLAG.AT, attested)
        made = AttestationObject.create("none", data, {})
        return self._json({"clientDataJSON": websafe_encode(client), "attestationObject": websafe_encode(made)})

    def get(self, options: dict[str, Any]) -> str:
        public = options["publicKey"]
        client = CollectedClientData.create("webauthn.get", public["challenge"], self.origin)
        data = self._data(public["rpId"], USED)
        signature = self.private.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
            "userHandle": self.owner,
        }
        return self._json(response)

    def _data(self, rp_id: str, flags: Any, credential: bytes = b"") -> AuthenticatorData:
        made: AuthenticatorData = AuthenticatorData.create(sha256(rp_id.encode()).digest(), flags, 1, credential)
        return made

    def _json(self, response: dict[str, Any]) -> str:
        encoded = websafe_encode(self.id)
        made = {"id": encoded, "rawId": encoded, "type": "public-key", "response": response}
        return json.dumps({**made, "clientExtensionResults": {"credProps": {"rk": True}}})
