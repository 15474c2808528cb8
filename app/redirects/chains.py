"""Redirects that lead to the old address of another one."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from app.redirects.addresses import path_of, wanted
from app.redirects.served import is_served

#: The old address and the target of the redirect that a request with these stored addresses would get.
Lookup = Callable[[str, str], "tuple[str, str] | None"]
#: Whether visitors find something at a path.
Served = Callable[[str], bool]
#: Longer chains are left to the browser, which follows twenty.
LONGEST = 10


def final_target(old: str, new: str, redirect_at: Lookup, is_served: Served = is_served) -> str:
    """Where a redirect from `old` to `new` has to lead, so that nobody is redirected twice.

    An address at which visitors find something is an end, whatever redirect it has. Raises `ValidationError` for a
    loop, also for one that would begin only when the site has nothing there.
    """
    found, target, seen, is_end = new, new, {old}, False
    for _step in range(LONGEST):
        if not target.startswith("/"):
            break
        exact, stem = addresses_of(target)
        if not seen.isdisjoint({exact, stem}):
            raise ValidationError(_loop(old, is_direct=target == new))
        following = redirect_at(exact, stem)
        if following is None:
            break
        address, target = following
        seen.add(address)
        is_end = is_end or not found.startswith("/") or not target or is_served(path_of(exact))
        if not is_end:
            found = target
    return found


def addresses_of(target: str) -> tuple[str, str]:
    """The stored addresses that a path of the site may match: with its query, and without."""
    parts = urlsplit(target)
    return wanted(path_of(parts.path), parts.query)


def _loop(old: str, *, is_direct: bool) -> ValidationError:
    if is_direct:
        return ValidationError(_("This leads to the old address itself."))
    message = _("A loop: the redirects of the target lead back to %(address)s. Change or delete them first.")
    return ValidationError(message, params={"address": old})
