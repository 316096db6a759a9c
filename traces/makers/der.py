# SPDX-License-Identifier: MIT
"""DER from the inside out, and what a document signer makes of it: a certificate, signed data (RFC 5280, RFC 5652)."""

from __future__ import annotations

import hashlib

from cardlib.core.secure import written

from .rsa_keys import EXPONENT, Key

SHA256, RSA, RSA_SHA256 = "608648016503040201", "2A864886F70D010101", "2A864886F70D01010B"
SIGNED_DATA, CONTENT_TYPE, DIGEST = "2A864886F70D010702", "2A864886F70D010903", "2A864886F70D010904"
COMMON_NAME, COUNTRY = "550403", "550406"
_DIGEST_INFO = bytes.fromhex("3031300D060960864801650304020105000420")  # RFC 8017, 9.2
NULL = bytes.fromhex("0500")


def sequence(*parts: bytes) -> bytes:
    return written("30", b"".join(parts))


def set_of(*parts: bytes) -> bytes:
    return written("31", b"".join(parts))


def number(value: int) -> bytes:
    """An INTEGER that is not negative."""
    return written("02", value.to_bytes(value.bit_length() // 8 + 1))


def identifier(digits: str) -> bytes:
    return written("06", bytes.fromhex(digits))


def algorithm(digits: str) -> bytes:
    return sequence(identifier(digits), NULL)


def public_key(key: Key) -> bytes:
    """A SubjectPublicKeyInfo."""
    inner = sequence(number(key.n), number(EXPONENT))
    return sequence(algorithm(RSA), written("03", b"\0" + inner))


def name(country: str, common: str) -> bytes:
    """A distinguished name of two parts."""
    parts = (COUNTRY, "13", country), (COMMON_NAME, "0C", common)
    return sequence(
        *(
            set_of(sequence(identifier(kind), written(tag, text.encode())))
            for kind, tag, text in parts
        )
    )


def signature(key: Key, message: bytes) -> bytes:
    """RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2)."""
    tail = _DIGEST_INFO + hashlib.sha256(message).digest()
    block = b"\0\1" + b"\xff" * (key.size - len(tail) - 3) + b"\0" + tail
    return key.private(block)


def certificate(
    issuer: Key, issuer_name: bytes, owner: Key, owner_name: bytes, serial: int
) -> bytes:
    """An X.509 certificate for ten years."""
    dates = sequence(written("17", b"200101000000Z"), written("17", b"300101000000Z"))
    content = sequence(
        written("A0", number(2)),
        number(serial),
        algorithm(RSA_SHA256),
        issuer_name,
        dates,
        owner_name,
        public_key(owner),
    )
    sealed = written("03", b"\0" + signature(issuer, content))
    return sequence(content, algorithm(RSA_SHA256), sealed)


def signed(
    kind: str,
    content: bytes,
    signer: Key,
    signer_certificate: bytes,
    issuer_name: bytes,
    serial: int,
) -> bytes:
    """Signed data with the content and one certificate in it, signed over attributes (RFC 5652, 5.3 and 5.4)."""
    attributes = (
        sequence(identifier(CONTENT_TYPE), set_of(identifier(kind))),
        sequence(identifier(DIGEST), set_of(written("04", hashlib.sha256(content).digest()))),
    )
    info = sequence(
        number(1),
        sequence(issuer_name, number(serial)),
        algorithm(SHA256),
        written("A0", b"".join(attributes)),
        algorithm(RSA_SHA256),
        written("04", signature(signer, set_of(*attributes))),
    )
    data = sequence(
        number(3),
        set_of(algorithm(SHA256)),
        sequence(identifier(kind), written("A0", written("04", content))),
        written("A0", signer_certificate),
        set_of(info),
    )
    return sequence(identifier(SIGNED_DATA), written("A0", data))
