# SPDX-License-Identifier: MIT
"""What an X.509 certificate says, through the package `cryptography` (RFC 5280)."""

from __future__ import annotations

from typing import Any

from ..core.errors import NotVerifiable
from ..core.model import record
from . import rsa
from .blocks import imported

MAX_TEXT = 400
_HASHES = {20: "SHA1", 32: "SHA256", 48: "SHA384", 64: "SHA512"}  # by the bytes of a value


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


def is_signed_block(key: Any, block: bytes, signature: bytes) -> bool:
    """Whether the private half made this signature of a padded block (RSA), or of a hash (ECDSA, in DER).

    Raises NotVerifiable for a key of another kind.
    """
    if hasattr(key, "curve"):
        return _is_signed_hash(key, block, signature)
    numbers = key.public_numbers()
    if not hasattr(numbers, "n"):
        raise NotVerifiable("the key is neither of RSA nor of a curve")
    size = (numbers.n.bit_length() + 7) // 8
    exponent = numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8)
    opened = rsa.recover(rsa.PublicKey(numbers.n.to_bytes(size), exponent), signature)
    return opened == block


def _is_signed_hash(key: Any, digest: bytes, signature: bytes) -> bool:
    """ECDSA over a hash whose size says which one it is (NIST SP 800-78-4, table 3-2)."""
    if len(digest) not in _HASHES:
        raise NotVerifiable(f"{len(digest)} bytes are no hash that is known here")
    kind = getattr(imported("cryptography.hazmat.primitives.hashes"), _HASHES[len(digest)])()
    utils = imported("cryptography.hazmat.primitives.asymmetric.utils")
    scheme = imported("cryptography.hazmat.primitives.asymmetric.ec").ECDSA(utils.Prehashed(kind))
    try:
        key.verify(signature, digest, scheme)
    except Exception:  # a wrong signature, or bytes that are none
        return False
    return True
