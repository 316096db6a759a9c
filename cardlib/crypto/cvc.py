# SPDX-License-Identifier: MIT
"""Certificates that cards verify, and the proof of a terminal (BSI TR-03110-3, A.7, C.1 and D.3).

The domain parameters of a curve stand in the certificate of the country alone; those below it have the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from ..core.errors import NotVerifiable
from ..core.model import record
from ..core.secure import Object, objects_of
from .blocks import imported
from .chip import package_hash, plain_signature_verifies
from .curves import Curve, domain_of

TERMINAL_AUTHENTICATION = bytes.fromhex("04007F0007020202")
_CERTIFICATE, _BODY, _SIGNATURE = "7F21", "7F4E", "5F37"
_RSA, _CURVE = 1, 2  # the arc of the algorithm that says what kind of key it is
# By the last arc (A.7.3.2 and A.7.3.3)
_RSA_SCHEMES = {
    1: ("PKCS1v15", "SHA-1"),
    2: ("PKCS1v15", "SHA-256"),
    3: ("PSS", "SHA-1"),
    4: ("PSS", "SHA-256"),
    5: ("PKCS1v15", "SHA-512"),
    6: ("PSS", "SHA-512"),
}
_CURVE_HASHES = {1: "SHA-1", 2: "SHA-224", 3: "SHA-256", 4: "SHA-384", 5: "SHA-512"}
# Standardised domain parameters that the package cryptography has, by their number
_PACKAGE_CURVES = {
    10: "SECP224R1",
    12: "SECP256R1",
    13: "BrainpoolP256R1",
    15: "SECP384R1",
    16: "BrainpoolP384R1",
    17: "BrainpoolP512R1",
    18: "SECP521R1",
}
_LONGEST_MODULUS = 1024
_PARAMETERS = ("81", "82", "83", "84", "85")  # p, a, b, G, n (D.3.3)


@record
class PublicKey:
    """A key of a certificate: its algorithm, and its parts by tag."""

    algorithm: bytes
    parts: dict[str, bytes] = field(hash=False, repr=False)

    @property
    def kind(self) -> int:
        """Whether it is of RSA or of a curve, by the arc behind the identifier of terminal authentication."""
        arcs = self.algorithm[len(TERMINAL_AUTHENTICATION) :]
        if not self.algorithm.startswith(TERMINAL_AUTHENTICATION) or len(arcs) != 2:
            raise NotVerifiable(f"{self.algorithm.hex().upper()} is no algorithm of a terminal")
        return arcs[0]

    def with_domain(self, authority: PublicKey) -> PublicKey:
        """The key with the domain parameters of the one above it, where it has none of its own."""
        parts = {tag: authority.parts[tag] for tag in _PARAMETERS if tag in authority.parts}
        return PublicKey(self.algorithm, parts | self.parts)


@record
class TerminalCertificate:
    """A certificate that a card verifies: who signed it, whose it is, the key in it, and what is signed."""

    authority: bytes
    holder: bytes
    key: PublicKey
    body: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @property
    def title(self) -> str:
        """Whose it is, in letters."""
        return self.holder.decode("latin-1")


def terminal_certificate(data: bytes) -> TerminalCertificate:
    """A certificate from its bytes, with the template around it or without; NotVerifiable says what is missing."""
    objects = objects_of(data)
    if len(objects) == 1 and objects[0].tag == _CERTIFICATE:
        objects = objects_of(objects[0].value)
    body = _only(objects, _BODY, "body")
    parts = objects_of(body.value)
    key = objects_of(_only(parts, "7F49", "public key").value)
    identifier = _only(key, "06", "algorithm").value
    return TerminalCertificate(
        _only(parts, "42", "reference of an authority").value,
        _only(parts, "5F20", "reference of a holder").value,
        PublicKey(identifier, {part.tag: part.value for part in key if part.tag != "06"}),
        body.raw,
        _only(objects, _SIGNATURE, "signature").value,
    )


def _only(objects: Sequence[Object], tag: str, what: str) -> Object:
    for item in objects:
        if item.tag == tag:
            return item
    raise NotVerifiable(f"the certificate has no {what}")


def is_signed_by(certificate: TerminalCertificate, authority: PublicKey) -> bool:
    """Whether the key of an authority signed this certificate."""
    return verifies(authority, certificate.body, certificate.signature)


def verifies(key: PublicKey, message: bytes, signature: bytes) -> bool:
    """Whether a signature over a message is of this key (A.7.3)."""
    last_arc = key.algorithm[-1]
    if key.kind == _RSA and last_arc in _RSA_SCHEMES:
        return _rsa_verifies(key, message, signature, *_RSA_SCHEMES[last_arc])
    if key.kind == _CURVE and last_arc in _CURVE_HASHES:
        return _curve_verifies(key, message, signature, _CURVE_HASHES[last_arc])
    raise NotVerifiable(f"{key.algorithm.hex().upper()} is no algorithm of a terminal")


def _rsa_verifies(
    key: PublicKey, message: bytes, signature: bytes, scheme: str, hash_name: str
) -> bool:
    rsa = imported("cryptography.hazmat.primitives.asymmetric.rsa")
    padding = imported("cryptography.hazmat.primitives.asymmetric.padding")
    modulus, exponent = key.parts.get("81", b""), key.parts.get("82", b"")
    if not 0 < len(modulus) <= _LONGEST_MODULUS:
        raise NotVerifiable("the certificate has no modulus of a bearable length")
    chosen = package_hash(hash_name)
    pad = padding.PKCS1v15()
    if scheme == "PSS":
        pad = padding.PSS(padding.MGF1(chosen), chosen.digest_size)
    try:
        numbers = rsa.RSAPublicNumbers(int.from_bytes(exponent), int.from_bytes(modulus))
        numbers.public_key().verify(signature, message, pad, chosen)
    except imported("cryptography.exceptions").InvalidSignature:
        return False
    except Exception:  # hostile bytes may fail anywhere in the package
        raise NotVerifiable("the signature cannot be checked with this key") from None
    return True


def _curve_of(key: PublicKey) -> Curve:
    """The standardised curve that the domain parameters of a key are of."""
    missing = [tag for tag in _PARAMETERS if tag not in key.parts]
    if missing:
        raise NotVerifiable("the domain parameters of the curve are not in the certificates")
    prime, a, b, base, order = (key.parts[tag] for tag in _PARAMETERS)
    for number in _PACKAGE_CURVES:
        curve = domain_of(number)
        if not isinstance(curve, Curve) or curve.p != int.from_bytes(prime):
            continue
        numbers = (int.from_bytes(part) for part in (a, b, order))
        if tuple(numbers) == (curve.a, curve.b, curve.n) and base == curve.written(curve.base):
            return curve
    raise NotVerifiable("the domain parameters in the certificates are none that are known here")


def _curve_verifies(key: PublicKey, message: bytes, signature: bytes, hash_name: str) -> bool:
    """ECDSA with r and s side by side (BSI TR-03111, 4.2.1 and 5.2.1)."""
    curve = _curve_of(key)
    x, y = curve.point(key.parts.get("86", b""))
    curves = imported("cryptography.hazmat.primitives.asymmetric.ec")
    named = {domain_of(number).name: name for number, name in _PACKAGE_CURVES.items()}
    package_curve = getattr(curves, named[curve.name])()
    public = curves.EllipticCurvePublicNumbers(x, y, package_curve).public_key()
    return plain_signature_verifies(public, signature, message, hash_name)


def terminal_message(
    chip: bytes, challenge: bytes, terminal_key: bytes, more: bytes = b""
) -> bytes:
    """What a terminal signs: what names the chip, its random number, the own key, and further data (B.3)."""
    return chip + challenge + terminal_key + more
