# SPDX-License-Identifier: MIT
"""Public keys and certificates as uses of an algorithm."""

from __future__ import annotations

from typing import Any

from ...core.model import Evidence
from .model import How, Use

_SHA1 = 160


def key_use(purpose: str, key: Any, place: Evidence, how: How = "used") -> Use:
    """The use of a public key of the package cryptography."""
    bits = getattr(key, "key_size", None)
    if hasattr(key, "curve"):
        return Use(purpose, "EC", bits, place, how)
    if bits is None:  # Ed25519 and X25519 have one size, and none in the package
        return Use(
            purpose, type(key).__name__.lstrip("_").removesuffix("PublicKey"), None, place, how
        )
    return Use(purpose, "RSA", bits, place, how)


def hash_use(purpose: str, certificate: Any, place: Evidence) -> Use:
    """The use of the hash that a certificate was signed over."""
    name = getattr(certificate.signature_hash_algorithm, "name", "")
    return hash_named(purpose, name, place)


def hash_named(purpose: str, name: str, place: Evidence) -> Use:
    """The use of a hash by its name, as "SHA-256" or "sha256"."""
    digits = name.upper().replace("-", "").removeprefix("SHA")
    if digits == "1":
        return Use(purpose, "SHA-1", _SHA1, place)
    if digits.isdecimal():
        return Use(purpose, "SHA-2", int(digits), place)
    return Use(purpose, name or "an unknown hash", None, place)
