from __future__ import annotations

from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from app.tenancy.current import current_site


def message(template: str, to: str, **values: object) -> EmailMessage:
    """A mail in the name of the current site. The first line of the template is the subject."""
    site = current_site()
    text = render_to_string(f"sign_in/mail/{template}.txt", {"site": site, **values})
    subject, _, body = text.strip().partition("\n")
    # SECURITY: a name with a line end must not become a header.
    subject = " ".join(f"[{site.name}] {subject}".split())
    return EmailMessage(subject, body.strip() + "\n", to=[to], headers={"Auto-Submitted": "auto-generated"})
