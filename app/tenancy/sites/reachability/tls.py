"""The certificate that a server presents: its chain, its names, its end."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

# OpenSSL's numbers (X509_V_ERR_...).
SELF_SIGNED, UNKNOWN_ISSUERS = {18, 19}, {2, 20, 21}
RENEW_DAYS = 14


class TlsFault(Exception):
    """No usable certificate. The message says why, and what to do."""


def handshake(plain: socket.socket, host: str) -> tuple[ssl.SSLSocket, str, bool]:
    """A verified connection, what its certificate is, and whether that ends soon.

    Raises `ssl.SSLCertVerificationError`, `TlsFault`.
    """
    # The authorities are the system's; SSL_CERT_FILE names others.
    connection = _wrap(ssl.create_default_context(), plain, host)
    certificate = _certificate(connection)
    end = certificate.not_valid_after_utc
    days = (end - datetime.now(UTC)).days
    ends_soon = days < RENEW_DAYS
    late = f". It ends in {days} days: see that it is renewed." if ends_soon else ""
    return connection, f"{_issuer(certificate)}, until {end.date()}{late}", ends_soon


def handshake_without_verification(plain: socket.socket, host: str) -> tuple[ssl.SSLSocket, x509.Certificate]:
    """For a connection whose certificate is at fault: to see the certificate, and what is behind it."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = _wrap(context, plain, host)
    return connection, _certificate(connection)


def faults(certificate: x509.Certificate, host: str, error: ssl.SSLCertVerificationError) -> Iterator[str]:
    """What is wrong with a certificate, in words. `error` is the first fault that OpenSSL found."""
    now, start, end = datetime.now(UTC), certificate.not_valid_before_utc, certificate.not_valid_after_utc
    names = _names(certificate)
    known = False
    if end < now:
        known = True
        yield f"The certificate ended on {end.date()}. Renew it, and see why that did not happen by itself."
    if start > now:
        known = True
        yield f"The certificate is valid from {start.date()} only. Check the clocks."
    if not any(_matches(name, host) for name in names):
        known = True
        yield f"The certificate is for {', '.join(names[:5]) or 'no name'}, not for {host}. Get one for this name."
    if error.verify_code in SELF_SIGNED:
        known = True
        yield (
            f"The certificate does not come from a public authority ({_issuer(certificate)}, self-signed). "
            "Browsers refuse it."
        )
    elif error.verify_code in UNKNOWN_ISSUERS:
        known = True
        yield (
            f"The chain does not lead to a known authority (issuer: {_issuer(certificate)}). The server has to send "
            "the intermediate certificates as well."
        )
    if not known:
        yield f"The certificate is refused: {error.verify_message}."


def _wrap(context: ssl.SSLContext, plain: socket.socket, host: str) -> ssl.SSLSocket:
    try:
        return context.wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError:
        raise
    except ssl.SSLError as error:
        if error.reason in {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"}:
            raise TlsFault("The server speaks no TLS on this port. Set up HTTPS in the proxy.") from None
        raise TlsFault(
            f"The server refuses the handshake ({error.reason or type(error).__name__}). It has no certificate for "
            "this host; its log says why."
        ) from None
    except TimeoutError:
        raise TlsFault("The server did not finish the handshake in time.") from None
    except OSError as error:
        raise TlsFault(f"The server ended the handshake ({error.strerror or type(error).__name__}).") from None


def _certificate(connection: ssl.SSLSocket) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"")
    except ValueError:
        raise TlsFault("The certificate cannot be read.") from None


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    return names.get_values_for_type(x509.DNSName)


def _issuer(certificate: x509.Certificate) -> str:
    for kind in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        for attribute in certificate.issuer.get_attributes_for_oid(kind):
            return str(attribute.value)
    return "an issuer without a name"


def _matches(name: str, host: str) -> bool:
    name = name.lower()
    return name == host or (name.startswith("*.") and name[2:] == host.partition(".")[2])
