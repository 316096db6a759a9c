# SPDX-License-Identifier: MIT
"""Secure channel protocol 11: keys agreed on a curve, then messages as in SCP03 (GlobalPlatform, Amendment F 1.3, 3).

SCP11a and c know the host by a certificate; in SCP11b its one-time key stands in the place of its static key. What does
not fit raises NotVerifiable.
"""

from __future__ import annotations

import hashlib
from dataclasses import field
from hmac import compare_digest

from ..core.errors import NotVerifiable
from ..core.model import record
from ..core.tlv import first
from . import blocks, scp03
from .channels import C_DECRYPTION, R_ENCRYPTION
from .curves import Curve
from .pace import shared_secret

KEY_AGREEMENT, PUBLIC_KEY, RECEIPT = "A6", "5F49", "86"
_USAGE, _KEY_TYPE, _KEY_LENGTH = "95", "80", "81"  # in the template A6
AES = b"\x88"
KEY_LENGTHS = (b"\x10", b"\x18", b"\x20")
WITH_ENCRYPTION = b"\x3c"  # C-MAC, command encryption, R-MAC, response encryption


@record
class HostKeys:
    """The private keys of the host: its one-time key, and its static key; None in SCP11b."""

    one_time: int = field(repr=False)
    static: int | None = field(default=None, repr=False)


@record
class Agreement:
    """The session that a key agreement begins, and whether the receipt of the card is right."""

    session: scp03.Session
    is_right: bool


def derived(secret: bytes, shared: bytes, size: int) -> bytes:
    """Bytes from a shared secret and what both sides know (X9.63 KDF with SHA-256)."""
    result = b""
    counter = 0
    while len(result) < size:
        counter += 1
        result += hashlib.sha256(secret + counter.to_bytes(4) + shared).digest()
    return result[:size]


def agreed(curve: Curve, keys: HostKeys, card: bytes, command: bytes, answer: bytes) -> Agreement:
    """The session after INTERNAL or MUTUAL AUTHENTICATE.

    `card` is the static public key of the card, as its certificate has it; `command` and `answer` are the data fields.
    """
    shared = _shared_info(command)
    answered = first(answer, PUBLIC_KEY, RECEIPT)
    if len(answered) != 2:
        raise NotVerifiable("an answer without a public key and a receipt")
    one_time = answered[PUBLIC_KEY]
    secret = _secret(curve, keys, card, one_time)
    size = shared[-1]
    material = derived(secret, shared, 5 * size)
    receipt_key, enc, mac, r_mac, dek = (
        material[place : place + size] for place in range(0, 5 * size, size)
    )
    key_stop = answer.index(one_time) + len(one_time)
    receipt = blocks.cmac(receipt_key, command + answer[:key_stop])
    level = C_DECRYPTION | R_ENCRYPTION
    session = scp03.Session(enc, mac, r_mac, dek, context=b"", chain=receipt, level=level)
    return Agreement(session, compare_digest(receipt, answered[RECEIPT]))


def _shared_info(command: bytes) -> bytes:
    """Key usage, key type and key length, as the host asks for them; keys are derived from these, too."""
    outer = first(command, KEY_AGREEMENT)
    template = first(outer.get(KEY_AGREEMENT, b""), _USAGE, _KEY_TYPE, _KEY_LENGTH)
    if len(template) != 3:
        raise NotVerifiable("a key agreement without what keys are derived from")
    usage = template[_USAGE]
    key_type = template[_KEY_TYPE]
    length = template[_KEY_LENGTH]
    if key_type != AES or length not in KEY_LENGTHS:
        raise NotVerifiable("SCP11 agrees on keys of AES, of 16, 24 or 32 bytes")
    if usage != WITH_ENCRYPTION:
        raise NotVerifiable(f"key usage {usage.hex().upper()} is not known here")
    return usage + key_type + length


def _secret(curve: Curve, keys: HostKeys, card: bytes, one_time: bytes) -> bytes:
    """What both agree on: with the one-time key of the card, then with its static key."""
    static = keys.static
    if static is None:
        static = keys.one_time
    of_one_time_keys = shared_secret(curve, keys.one_time, one_time)
    return of_one_time_keys + shared_secret(curve, static, card)
