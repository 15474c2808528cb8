from __future__ import annotations

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.utils.translation import gettext_lazy as _

from app.accounts.models import User
from app.sign_in.factors import encryption
from app.tenancy.requests.tenancy import tenancy_of


class FactorsAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        # SECURITY: one text for a wrong, a used and a badly timed code. Telling them apart would confirm a guess.
        "incorrect_code": _(
            "This code is not valid now. Each code is valid once and for a short time: wait for the next one. If that "
            "is refused too, check the clock of your device: it must be right to within half a minute."
        ),
    }

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.decrypt(encrypted_text)

    def get_totp_label(self, user: User) -> str:
        return user.get_username()

    def get_totp_issuer(self) -> str:
        return tenancy_of(context.request).host_site.name

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """A browser offers a passkey only on the host where it was added."""
        tenancy = tenancy_of(context.request)
        return {"id": tenancy.host, "name": tenancy.host_site.name}

    def _get_user_identifier(self, user: User) -> str:
        return user.get_username()
