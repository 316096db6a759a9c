# SPDX-License-Identifier: MIT
"""Whether a chip is genuine: chip authentication and active authentication (ICAO Doc 9303-11, 6.1 and 6.2)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from ..core.errors import NotVerifiable
from ..core.model import record
from . import bac, rsa
from .blocks import imported
from .curves import Domain
from .messaging import Channel
from .pace import CHIP_AUTHENTICATION, CIPHERS, shared_secret, token

HASHES: dict[str, Callable[..., Any]] = {
    "SHA-1": hashlib.sha1,
    "SHA-224": hashlib.sha224,
    "SHA-256": hashlib.sha256,
    "SHA-384": hashlib.sha384,
    "SHA-512": hashlib.sha512,
}
# Trailers of ISO/IEC 9796-2, scheme 1 (ISO/IEC 10118, hash identifiers)
_TRAILERS = {
    b"\x38\xcc": "SHA-224",
    b"\x34\xcc": "SHA-256",
    b"\x36\xcc": "SHA-384",
    b"\x35\xcc": "SHA-512",
}
_SHA1_TRAILER = b"\xbc"
# By the arc of the identifier that follows CHIP_AUTHENTICATION
_AGREEMENTS = {1: "DH", 2: "ECDH"}
_BEGINNING = 0x6A  # part of the message is recovered (ISO/IEC 9796-2, 8)


def chip_session(
    identifier: bytes, domain: Domain, private: bytes, public: bytes, nonce: bytes = b""
) -> Channel:
    """The channel after chip authentication; `nonce` is that of version 2 (BSI TR-03110-3, A.2.3.2)."""
    last = identifier[len(CHIP_AUTHENTICATION) :]
    is_known = identifier.startswith(CHIP_AUTHENTICATION) and len(last) == 2
    if not is_known or last[0] not in _AGREEMENTS or last[1] not in CIPHERS:
        raise NotVerifiable(f"{identifier.hex().upper()} is no method of chip authentication")
    cipher, size = CIPHERS[last[1]]
    secret = shared_secret(domain, int.from_bytes(private), public) + nonce
    return bac.session(secret, cipher, size)


def chip_token(state: Channel, identifier: bytes, terminal_key: bytes) -> bytes:
    """What the chip proves its keys with in version 2: a MAC over the terminal's public key."""
    agreement = _AGREEMENTS.get(identifier[len(CHIP_AUTHENTICATION)], "ECDH")
    return token(state, identifier, terminal_key, agreement)


@record
class Answer:
    """What active authentication showed: whether the signature is right, and with which algorithms."""

    is_right: bool
    algorithm: str


def active_authentication(
    public_key: bytes, challenge: bytes, signature: bytes, hashes: Iterable[str] = ()
) -> Answer:
    """Whether the chip of this key (SubjectPublicKeyInfo) signed the challenge.

    `hashes` are those that a key on a curve may use; without any, all are tried that the standard allows.
    """
    key = loaded_key(public_key)
    numbers = key.public_numbers()
    if hasattr(numbers, "n"):
        return _rsa_answer(numbers, challenge, signature)
    if not hasattr(numbers, "x"):
        raise NotVerifiable("the key of active authentication is neither of RSA nor of a curve")
    return _curve_answer(key, challenge, signature, tuple(hashes) or tuple(HASHES))


def loaded_key(public_key: bytes) -> Any:
    serialization = imported("cryptography.hazmat.primitives.serialization")
    try:
        return serialization.load_der_public_key(public_key)
    except Exception:  # hostile bytes may fail anywhere in the package
        raise NotVerifiable("the public key of active authentication cannot be read") from None


def _rsa_answer(numbers: Any, challenge: bytes, signature: bytes) -> Answer:
    """ISO/IEC 9796-2, scheme 1: 6A, part of the message, a hash over it and the challenge, the trailer."""
    size = (numbers.n.bit_length() + 7) // 8
    exponent = numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8)
    text = rsa.recover(rsa.PublicKey(numbers.n.to_bytes(size), exponent), signature)
    hash_name, trailer_size = "SHA-1", 1
    if not text.endswith(_SHA1_TRAILER):
        hash_name, trailer_size = _TRAILERS.get(text[-2:], ""), 2
    algorithm = f"RSA {8 * size}, {hash_name or 'unknown hash'}"
    if text[0] != _BEGINNING or not hash_name:
        return Answer(False, algorithm)
    hash_of = HASHES[hash_name]
    digest_size = hash_of(b"", usedforsecurity=False).digest_size
    end = len(text) - trailer_size
    message, digest = text[1 : end - digest_size], text[end - digest_size : end]
    expected = hash_of(message + challenge, usedforsecurity=False).digest()
    return Answer(digest == expected, algorithm)


def _curve_answer(key: Any, challenge: bytes, signature: bytes, hashes: tuple[str, ...]) -> Answer:
    for hash_name in hashes:
        if plain_signature_verifies(key, signature, challenge, hash_name):
            return Answer(True, f"ECDSA {key.curve.name}, {hash_name}")
    return Answer(False, f"ECDSA {key.curve.name}")


def package_hash(hash_name: str) -> Any:
    """A hash by its name in HASHES, as the package cryptography takes it."""
    kinds = imported("cryptography.hazmat.primitives.hashes")
    return getattr(kinds, hash_name.replace("-", ""))()


def plain_signature_verifies(key: Any, signature: bytes, message: bytes, hash_name: str) -> bool:
    """ECDSA with r and s side by side (BSI TR-03111, 5.2.1)."""
    if not signature or len(signature) % 2:
        raise NotVerifiable("a plain signature has two numbers of the same size")
    half = len(signature) // 2
    utils = imported("cryptography.hazmat.primitives.asymmetric.utils")
    r, s = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
    encoded = utils.encode_dss_signature(r, s)
    curves = imported("cryptography.hazmat.primitives.asymmetric.ec")
    scheme = curves.ECDSA(package_hash(hash_name))
    try:
        key.verify(encoded, message, scheme)
    except imported("cryptography.exceptions").InvalidSignature:
        return False
    except Exception:  # as above
        raise NotVerifiable("the signature cannot be checked with this key") from None
    return True
