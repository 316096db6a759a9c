# SPDX-License-Identifier: MIT
"""Keys and certificates of tokens, through the package `cryptography`: the same in every run, and for teaching only."""

from __future__ import annotations

import datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils
from cryptography.x509.oid import NameOID

from . import rsa_keys

PUBLIC_EXPONENT = 65537
BEGIN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
END = datetime.datetime(2036, 1, 1, tzinfo=datetime.UTC)
ISSUER = "Example Token CA"
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """The primes of a key of keys.toml, with the public exponent that tokens use."""
    made = rsa_keys.key(name)
    p, q = rsa.rsa_recover_prime_factors(made.n, rsa_keys.EXPONENT, made.d)
    d = pow(PUBLIC_EXPONENT, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p,
        q,
        d,
        rsa.rsa_crt_dmp1(d, p),
        rsa.rsa_crt_dmq1(d, q),
        rsa.rsa_crt_iqmp(p, q),
        rsa.RSAPublicNumbers(PUBLIC_EXPONENT, made.n),
    )
    return numbers.private_key()


@cache
def curve_key(name: str) -> ec.EllipticCurvePrivateKey:
    """A key on P-256 whose private half is made of its name."""
    seed = hashes.Hash(hashes.SHA256())
    seed.update(f"cardlib test key {name}".encode())
    return ec.derive_private_key(int.from_bytes(seed.finalize()), ec.SECP256R1())


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public point, uncompressed (SEC 1, 2.3.3)."""
    form = serialization.PublicFormat.UncompressedPoint
    return key.public_key().public_bytes(serialization.Encoding.X962, form)


def certificate(owner: PrivateKey, name: str, serial: int) -> bytes:
    """A certificate of the made-up authority for ten years (RFC 5280)."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(ISSUER))
        .public_key(owner.public_key())
        .serial_number(serial)
        .not_valid_before(BEGIN)
        .not_valid_after(END)
    )
    signed = builder.sign(rsa_key("token authority"), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


def _name(common: str) -> x509.Name:
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "UT"),
        x509.NameAttribute(NameOID.COMMON_NAME, common),
    ]
    return x509.Name(parts)


def raw_signature(key: PrivateKey, block: bytes) -> bytes:
    """What a token makes of a padded block (RSA), or of a hash (ECDSA)."""
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.private_numbers()
        size = key.key_size // 8
        signed = pow(int.from_bytes(block), numbers.d, numbers.public_numbers.n)
        return signed.to_bytes(size)
    hashed = ec.ECDSA(utils.Prehashed(hashes.SHA256()), deterministic_signing=True)
    return key.sign(block, hashed)


def plain(signature: bytes) -> bytes:
    """An ECDSA signature on P-256 as r and s, without DER (BSI TR-03111, 5.2.1)."""
    r, s = utils.decode_dss_signature(signature)
    return r.to_bytes(32) + s.to_bytes(32)
