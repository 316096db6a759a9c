# SPDX-License-Identifier: MIT
"""PACE: a key from a password, a mapped generator, session keys and tokens (ICAO Doc 9303-11, 4.4 and 9.5).

Whoever only listens cannot compute the session keys, not even with the password: it takes the private key of one side.
"""

from __future__ import annotations

import hashlib
from typing import Literal

from ..core.errors import NotVerifiable
from ..core.model import record
from ..core.secure import written
from . import bac
from .bac import PASSWORD, derived
from .blocks import (
    ZEROS,
    aes_decrypt,
    aes_encrypt,
    cmac,
    decrypt,
    mac3,
    need,
    pad,
    unpadded,
)
from .curves import Curve, Domain, Group, Point
from .messaging import Channel, Cipher

Mapping = Literal["generic", "integrated", "chip authentication"]
PACE = bytes.fromhex("04007F0007020204")
CHIP_AUTHENTICATION = bytes.fromhex("04007F0007020203")
_MAPPINGS: dict[int, tuple[str, Mapping]] = {
    1: ("DH", "generic"),
    2: ("ECDH", "generic"),
    3: ("DH", "integrated"),
    4: ("ECDH", "integrated"),
    6: ("ECDH", "chip authentication"),
}
CIPHERS: dict[int, tuple[Cipher, int]] = {
    1: ("3DES", 16),
    2: ("AES", 16),
    3: ("AES", 24),
    4: ("AES", 32),
}
_TOKEN = 8
_PUBLIC_KEY = "7F49"
# Constants of the integrated mapping (4.4.3.3.2): for a nonce of 128 bits, and of 192 or 256.
_C0 = {
    16: "A668892A7C41E3CA739F40B057D85904",
    32: "D463D65234124EF7897054986DCA0A174E28DF758CBAA03F240616414D5A1676",
}
_C1 = {
    16: "A4E136AC725F738B01C1F60217C188AD",
    32: "54BD7255F0AAF831BEC3423FCF39D69B6CBF066677D0FAAE5AADD99DF8E53517",
}
_NO_IV = bytes(16)
_EXTRA_BITS = 64  # of the pseudo-random number above the size of the prime


@record
class Method:
    """What an object identifier says: agreement, mapping, cipher and the size of its keys."""

    identifier: bytes
    agreement: str
    mapping: Mapping
    cipher: Cipher
    size: int

    @property
    def title(self) -> str:
        """The method in words."""
        bits = "" if self.cipher == "3DES" else f"-{8 * self.size}"
        return f"PACE, {self.agreement}, {self.mapping} mapping, {self.cipher}{bits}"


def method_of(identifier: bytes) -> Method:
    """The method of an object identifier; NotVerifiable where it is none of PACE."""
    last_arcs = identifier[len(PACE) :]
    is_pace = identifier.startswith(PACE) and len(last_arcs) == 2
    mapping_arc, cipher_arc = last_arcs if is_pace else (0, 0)
    if mapping_arc not in _MAPPINGS or cipher_arc not in CIPHERS:
        raise NotVerifiable(f"{identifier.hex().upper()} is no method of PACE")
    agreement, mapping = _MAPPINGS[mapping_arc]
    cipher, size = CIPHERS[cipher_arc]
    return Method(identifier, agreement, mapping, cipher, size)


def password_key(password: bytes, method: Method) -> bytes:
    """The key that enciphers the nonce. Of a machine-readable zone, the password is the hash of its information."""
    return derived(password, PASSWORD, method.cipher, method.size)


def zone_password(information: bytes) -> bytes:
    """What a machine-readable zone gives as password (9.7.3)."""
    return hashlib.sha1(information, usedforsecurity=False).digest()


def nonce(key: bytes, encrypted: bytes, method: Method) -> bytes:
    """The nonce of the chip in clear; nothing shows whether the password was right."""
    if method.cipher == "3DES":
        return decrypt(key, encrypted, ZEROS)
    return aes_decrypt(key, encrypted, bytes(16))


def shared_point(curve: Curve, private: int, public: bytes) -> tuple[int, int]:
    """The point that both sides agree on; NotVerifiable for a public key that gives none."""
    point = curve.times(private % curve.n, curve.point(public))
    if point is None:
        raise NotVerifiable("the agreement gives the point at infinity")
    return point


def shared_secret(domain: Domain, private: int, public: bytes) -> bytes:
    """The secret of an agreement: the x coordinate, or the power (9.6)."""
    if isinstance(domain, Group):
        return domain.written(pow(domain.element(public), private, domain.p))
    return shared_point(domain, private, public)[0].to_bytes(domain.size)


def mapped_curve(curve: Curve, secret: bytes, private: int, public: bytes) -> tuple[int, int]:
    """The generator of the generic mapping on a curve: s G + H (4.4.3.3.1)."""
    agreed: Point = shared_point(curve, private, public)
    number = int.from_bytes(secret) % curve.n
    multiple = curve.times(number, curve.base)
    point = curve.add(multiple, agreed)
    if point is None:
        raise NotVerifiable("the mapping gives the point at infinity")
    return point


def mapped_group(group: Group, secret: bytes, private: int, public: bytes) -> int:
    """The generator of the generic mapping in a group of powers: g^s h (4.4.3.3.1)."""
    agreed = pow(group.element(public), private, group.p)
    power = pow(group.g, int.from_bytes(secret), group.p)
    return power * agreed % group.p


def pseudo_random(secret: bytes, nonce_of_terminal: bytes, modulus: int) -> int:
    """The pseudo-random number of the integrated mapping, modulo a prime (4.4.3.3.2), with AES."""
    need("a nonce of the integrated mapping", secret, *_C0)
    need("a nonce of the integrated mapping", nonce_of_terminal, 16, 24, 32)
    c0 = bytes.fromhex(_C0[len(secret)])
    c1 = bytes.fromhex(_C1[len(secret)])
    key_size = len(nonce_of_terminal)
    bits_needed = modulus.bit_length() + _EXTRA_BITS
    key = aes_encrypt(nonce_of_terminal, secret, _NO_IV)
    numbers = b""
    while 8 * len(numbers) < bits_needed:
        short_key = key[:key_size]
        numbers += aes_encrypt(short_key, c1, _NO_IV)
        key = aes_encrypt(short_key, c0, _NO_IV)
    return int.from_bytes(numbers) % modulus


def point_of(curve: Curve, number: int) -> tuple[int, int]:
    """A point of the curve from a number of its field (appendix B.2; Brier and others 2010), for p = 3 modulo 4."""
    p = curve.p
    alpha = -(number**2) % p
    inverse_of_a = pow(curve.a, -1, p)
    inverse_of_sum = pow(alpha + alpha**2, -1, p)
    x2 = -curve.b * inverse_of_a * (1 + inverse_of_sum) % p
    x3 = alpha * x2 % p
    h2 = (pow(x2, 3, p) + curve.a * x2 + curve.b) % p
    exponent = p - 1 - (p + 1) // 4
    root = pow(h2, exponent, p)
    y2 = root * h2 % p
    is_square = root * y2 % p == 1
    if is_square:
        return x2, y2
    return x3, y2 * number**3 % p


def session(secret: bytes, method: Method) -> Channel:
    """The channel that begins with a shared secret; its counter begins with zero (9.8.7)."""
    return bac.session(secret, method.cipher, method.size)


def token(state: Channel, identifier: bytes, public: bytes, agreement: str) -> bytes:
    """The proof of one side that it has the keys: a MAC over the public key of the other (4.4.3.4)."""
    tag = "84" if agreement == "DH" else "86"
    data = written(_PUBLIC_KEY, written("06", identifier) + written(tag, public))
    if state.cipher == "3DES":
        return mac3(state.mac, pad(data))
    return cmac(state.mac, data)[:_TOKEN]


def chip_data(state: Channel, encrypted: bytes) -> bytes:
    """The data of chip authentication in the last answer of PACE, in clear (4.4.3.5.2): a number of the curve."""
    last = aes_encrypt(state.enc, b"\xff" * 16)
    data = unpadded(aes_decrypt(state.enc, encrypted, last))
    if data is None:
        raise NotVerifiable("the data of chip authentication are padded wrongly")
    return data


def chip_is_genuine(curve: Curve, data: bytes, static_key: bytes, mapping_key: bytes) -> bool:
    """Whether the data prove that the chip has the private half of its static key (4.4.3.5.2)."""
    number = int.from_bytes(data)
    product = curve.times(number % curve.n, curve.point(static_key))
    return product is not None and curve.written(product) == mapping_key


@record
class Agreement:
    """The public halves of both sides in the second agreement of PACE, and what tokens they gave."""

    method: Method
    domain: Domain
    terminal_key: bytes
    chip_key: bytes
    terminal_token: bytes = b""
    chip_token: bytes = b""


def chip_token_verifies(agreement: Agreement, state: Channel) -> bool:
    """Whether the chip proved that it has the session keys."""
    method = agreement.method
    expected = token(state, method.identifier, agreement.terminal_key, method.agreement)
    return expected == agreement.chip_token


def agreed_channel(agreement: Agreement, private: bytes) -> Channel | None:
    """The channel, where this is the private key of one side: then the token of the terminal verifies."""
    number = int.from_bytes(private)
    for public in (agreement.chip_key, agreement.terminal_key):
        try:
            secret = shared_secret(agreement.domain, number, public)
        except NotVerifiable:
            continue
        state = session(secret, agreement.method)
        expected = token(
            state, agreement.method.identifier, agreement.chip_key, agreement.method.agreement
        )
        if expected == agreement.terminal_token:
            return state
    return None
