from __future__ import annotations

from django.http import HttpRequest

from app.tenancy.current import current_site_or_none


def site(request: HttpRequest) -> dict[str, object]:
    """`site`: the current one; `host_site`: the one that the address alone would give (they differ in a preview)."""
    return {"site": current_site_or_none(), "host_site": getattr(request, "host_site", None)}
