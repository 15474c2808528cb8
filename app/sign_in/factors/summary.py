"""The second factors of a person, as pages show them."""

from __future__ import annotations

from dataclasses import dataclass, field

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator

from app.accounts.models import User


@dataclass
class Factors:
    app: Authenticator | None = None
    codes: Authenticator | None = None
    passkeys: list[Authenticator] = field(default_factory=list)

    @property
    def any(self) -> bool:
        return bool(self.app or self.passkeys)

    @property
    def codes_left(self) -> int:
        """Without reading the secret."""
        used: int = self.codes.data["used_mask"].bit_count() if self.codes else app_settings.RECOVERY_CODE_COUNT
        return int(app_settings.RECOVERY_CODE_COUNT) - used

    @property
    def codes_unseen(self) -> bool:
        return self.codes is not None and not self.codes.wrap().did_view


def factors_of(person: User) -> Factors:
    factors = Factors()
    for row in Authenticator.objects.filter(user=person).order_by("created_at"):
        if row.type == Authenticator.Type.TOTP:
            factors.app = row
        elif row.type == Authenticator.Type.RECOVERY_CODES:
            factors.codes = row
        else:
            factors.passkeys.append(row)
    return factors
