# SPDX-License-Identifier: MIT
"""What an X.509 certificate says, through the package `cryptography` (RFC 5280)."""

from __future__ import annotations

from typing import Any

from ..core.model import record
from .blocks import imported

MAX_TEXT = 400


@record
class CertificateFact:
    """One line about a certificate; personal where it may name a holder."""

    name: str
    text: str
    is_personal: bool = False


def certificate_facts(der: bytes) -> list[CertificateFact]:
    """Holder, issuer, validity, key; nothing where the bytes break the rules, NotVerifiable without the package."""
    x509 = imported("cryptography.x509")
    try:
        return _facts(x509.load_der_x509_certificate(der), x509)
    except Exception:  # hostile bytes may fail anywhere in the package
        return []


def _facts(certificate: Any, x509: Any) -> list[CertificateFact]:
    is_authority = _is_authority(certificate, x509)
    subject = certificate.subject.rfc4514_string()
    issuer = certificate.issuer.rfc4514_string()
    is_personal_issuer = issuer == subject and not is_authority  # self-signed
    return [
        CertificateFact("version", str(certificate.version.name)),
        CertificateFact("serial number", f"{certificate.serial_number:X}", not is_authority),
        CertificateFact("issuer", issuer[:MAX_TEXT], is_personal_issuer),
        CertificateFact("valid from", _time(certificate.not_valid_before_utc)),
        CertificateFact("valid to", _time(certificate.not_valid_after_utc)),
        CertificateFact("subject", subject[:MAX_TEXT], not is_authority),
        CertificateFact("public key", key_title(certificate.public_key())),
        CertificateFact("signature algorithm", _algorithm(certificate)),
        CertificateFact("of a certification authority", "yes" if is_authority else "no"),
    ]


def _time(moment: Any) -> str:
    return str(moment.strftime("%Y-%m-%d %H:%M:%S UTC"))


def _is_authority(certificate: Any, x509: Any) -> bool:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except Exception:  # there is none, or it is broken
        return False
    return bool(constraints.value.ca)


def key_title(key: Any) -> str:
    """A public key of the package in words: its kind, curve and size."""
    name = type(key).__name__.lstrip("_").removesuffix("PublicKey")
    curve = getattr(getattr(key, "curve", None), "name", "")
    size = getattr(key, "key_size", 0)
    words = [name.replace("EllipticCurve", "EC"), curve, f"{size} bits" if size else ""]
    return ", ".join(filter(None, words))


def _algorithm(certificate: Any) -> str:
    oid = certificate.signature_algorithm_oid
    name = getattr(oid, "_name", "")
    return f"{name} ({oid.dotted_string})".strip()
