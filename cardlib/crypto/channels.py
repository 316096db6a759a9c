# SPDX-License-Identifier: MIT
"""What SCP02 and SCP03 have in common: levels, static keys, how they are derived and checked (GlobalPlatform)."""

from __future__ import annotations

from dataclasses import field

from ..core.errors import NotVerifiable
from ..core.model import record
from . import blocks

# Bits of the security level, P1 of EXTERNAL AUTHENTICATE
C_MAC, C_DECRYPTION, R_MAC, R_ENCRYPTION = 0x01, 0x03, 0x10, 0x30
SECURE_MESSAGING = 0x04
_FURTHER_CHANNELS = 0x40  # of a class byte: channels 4 to 19
KEY_SIZES = (16, 24, 32)
METHODS = ("emv", "visa2", "kdf3")
_ENC, _MAC, _DEK = 1, 2, 3


@record
class StaticKeys:
    """The three keys of a key version: for cryptograms and data, for MACs, for other keys."""

    enc: bytes = field(repr=False)
    mac: bytes = field(repr=False)
    dek: bytes = field(repr=False)


@record
class Opened:
    """A data field in clear, None where it cannot be; whether its MAC is right, None where it has none.

    `is_checked` is False where a MAC may stand that cannot be checked.
    """

    data: bytes | None = field(repr=False)
    is_right: bool | None = None
    is_deciphered: bool = False
    is_checked: bool = True


def class_under_mac(header: bytes) -> bytes:
    """The header as the MAC covers it: secure messaging, channel 0 (Card Specification 2.3.1, E.4.4)."""
    cla = header[0] & 0xFC
    if header[0] & _FURTHER_CHANNELS:
        cla = header[0] & 0x80
    return bytes([cla | SECURE_MESSAGING]) + header[1:4]


def enciphers(level: int) -> bool:
    """Whether the data of commands are enciphered at a security level."""
    return level & C_DECRYPTION == C_DECRYPTION


def enciphers_answers(level: int) -> bool:
    """Whether the data of answers are enciphered at a security level."""
    return level & R_ENCRYPTION == R_ENCRYPTION


def diversified(method: str, master: bytes, card: bytes) -> StaticKeys:
    """The keys of one card from a master key and the first 10 bytes of its answer to INITIALIZE UPDATE.

    emv: EMV CPS 1.1, 4.1; visa2: as cards of Visa have it; kdf3: NIST SP 800-108 with CMAC in counter mode.
    """
    blocks.need("key diversification data", card, 10)
    derive = _DERIVE.get(method)
    if derive is None:
        raise NotVerifiable(f"no method {method}: there are {', '.join(METHODS)}")
    enc = derive(master, card, _ENC)
    mac = derive(master, card, _MAC)
    dek = derive(master, card, _DEK)
    return StaticKeys(enc, mac, dek)


def _by_emv(master: bytes, card: bytes, purpose: int) -> bytes:
    return _by_des(master, card[4:10], purpose)


def _by_visa2(master: bytes, card: bytes, purpose: int) -> bytes:
    return _by_des(master, card[:2] + card[4:8], purpose)


def _by_des(master: bytes, identity: bytes, purpose: int) -> bytes:
    blocks.need("a master key", master, 16)
    left = identity + bytes([0xF0, purpose])
    right = identity + bytes([0x0F, purpose])
    return blocks.encrypt(master, left + right)


def _by_kdf3(master: bytes, card: bytes, purpose: int) -> bytes:
    blocks.need("a master key", master, *KEY_SIZES)
    result = b""
    block = 0
    while len(result) < len(master):
        block += 1
        label = bytes([block, 0, 0, 0, purpose, 0])
        result += blocks.cmac(master, label + card)
    return result[: len(master)]


_DERIVE = {"emv": _by_emv, "visa2": _by_visa2, "kdf3": _by_kdf3}
