# SPDX-License-Identifier: MIT
"""Keys on the curve P-256 that follow from names, their signatures and certificates (RFC 5280; GSMA SGP.14).

Keys for teaching: whoever reads this has the private halves. Signatures have no random number (RFC 6979), so that
every run makes the same.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509.oid import NameOID

BEGIN, END = datetime(2025, 1, 1), datetime(2035, 1, 1)  # in UTC
HALF = 32  # bytes of each number of a signature
DETERMINISTIC = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)


@cache
def private(name: str) -> ec.EllipticCurvePrivateKey:
    """The private key of a name."""
    digest = hashlib.sha256(f"cardlib test key {name}".encode()).digest()
    return ec.derive_private_key(int.from_bytes(digest), ec.SECP256R1())


def point(name: str) -> bytes:
    """The public key of a name, as an uncompressed point."""
    public = private(name).public_key()
    form = serialization.PublicFormat.UncompressedPoint
    return public.public_bytes(serialization.Encoding.X962, form)


def secret(name: str, other: bytes) -> bytes:
    """The shared secret of a name and somebody's point (ECDH)."""
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), other)
    return private(name).exchange(ec.ECDH(), public)


def signature(name: str, message: bytes) -> bytes:
    """ECDSA with SHA-256: both numbers, 32 bytes each (SGP.22, 2.6.6.2)."""
    encoded = private(name).sign(message, DETERMINISTIC)
    r, s = utils.decode_dss_signature(encoded)
    return r.to_bytes(HALF) + s.to_bytes(HALF)


def is_signed(certificate: bytes, signed: bytes, message: bytes) -> bool:
    """Whether the holder of a certificate signed a message."""
    r, s = int.from_bytes(signed[:HALF]), int.from_bytes(signed[HALF:])
    public = x509.load_der_x509_certificate(certificate).public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey):
        return False
    return _verifies(public, utils.encode_dss_signature(r, s), message)


def is_issued(certificate: bytes, issuer: str) -> bool:
    """Whether a name issued a certificate."""
    loaded = x509.load_der_x509_certificate(certificate)
    return _verifies(private(issuer).public_key(), loaded.signature, loaded.tbs_certificate_bytes)


def _verifies(public: ec.EllipticCurvePublicKey, encoded: bytes, message: bytes) -> bool:
    try:
        public.verify(encoded, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def identifier(name: str) -> bytes:
    """The identifier of a key: the SHA-1 of its point (RFC 5280, 4.2.1.2)."""
    return hashlib.sha1(point(name), usedforsecurity=False).digest()


def certificate(owner: str, issuer: str, serial: int) -> bytes:
    """An X.509 certificate for ten years, in DER."""
    builder = x509.CertificateBuilder(
        issuer_name=_name(issuer),
        subject_name=_name(owner),
        public_key=private(owner).public_key(),
        serial_number=serial,
        not_valid_before=BEGIN,
        not_valid_after=END,
    )
    of_issuer = x509.AuthorityKeyIdentifier(identifier(issuer), None, None)
    builder = builder.add_extension(of_issuer, critical=False)
    made = builder.sign(private(issuer), hashes.SHA256(), ecdsa_deterministic=True)
    return made.public_bytes(serialization.Encoding.DER)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
