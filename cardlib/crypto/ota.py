# SPDX-License-Identifier: MIT
"""Secured packets to and from a SIM: opened and checked (ETSI TS 102 225, 5; 3GPP TS 31.115, 4).

A command packet is: length (2), length of the header, SPI (2), KIc, KID, TAR (3), then ciphered where the SPI says so:
counter (5), padding bytes, checksum, data. A response packet is: length (2), length of the header, TAR (3), then:
counter (5), padding bytes, response code, checksum, data; its checksum covers the user data header before it, too.
"""

from __future__ import annotations

import zlib
from typing import Literal

from ..core.errors import NotVerifiable
from ..core.model import record
from . import blocks

Integrity = Literal["none", "redundancy check", "cryptographic checksum", "digital signature"]
INTEGRITIES: tuple[Integrity, ...] = (
    "none",
    "redundancy check",
    "cryptographic checksum",
    "digital signature",
)
_COMMAND_HEAD, _RESPONSE_HEAD = 10, 6  # bytes before the counter
_COMMAND_FIELDS, _RESPONSE_FIELDS = 6, 7  # bytes from there to the checksum
_COUNTER = 5
# The low half byte of KIc and KID (TS 102 225, 5.1.2, 5.1.3): the lengths of keys
_DES_KEYS = {0x1: 8, 0x5: 16, 0x9: 24}
_AES = 0x2
_MAC_SIZE = 8
_CRC32 = 0x5
RESPONSE_HEADER = b"\x02\x71\x00"


class Unfit(NotVerifiable):
    """A packet whose lengths do not fit each other: it is damaged, or the key is another."""


@record
class Security:
    """What the SPI, KIc and KID of a command packet say of it and of its receipt."""

    is_ciphered: bool
    integrity: Integrity
    counter: int
    receipt_is_ciphered: bool
    receipt_integrity: Integrity
    kic: int
    kid: int


@record
class Opened:
    """A packet in clear: the counter, the checksum that it has, and its data without padding."""

    counter: bytes
    response: bytes
    checksum: bytes
    data: bytes
    covered: bytes


def security_of(packet: bytes) -> Security:
    """The security of a command packet; NotVerifiable where it is too short."""
    if len(packet) < _COMMAND_HEAD:
        raise NotVerifiable(f"a command packet has at least {_COMMAND_HEAD} bytes")
    first, second, kic, kid = packet[3:7]
    return Security(
        bool(first & 0x04),
        INTEGRITIES[first & 0x03],
        first >> 3 & 0x03,
        bool(second & 0x10),
        INTEGRITIES[second >> 2 & 0x03],
        kic,
        kid,
    )


def open_command(packet: bytes, key: bytes = b"") -> Opened:
    """A command packet in clear, with the key for ciphering where it is ciphered."""
    security = security_of(packet)
    body = packet[_COMMAND_HEAD:]
    if security.is_ciphered:
        body = deciphered(security.kic, key, body)
    checksum_size = packet[2] - 13
    return _opened(packet[:_COMMAND_HEAD], body, _COMMAND_FIELDS, checksum_size)


def open_response(packet: bytes, security: Security, key: bytes = b"") -> Opened:
    """A response packet in clear; how it is secured stands in the command packet."""
    if len(packet) < _RESPONSE_HEAD:
        raise NotVerifiable(f"a response packet has at least {_RESPONSE_HEAD} bytes")
    body = packet[_RESPONSE_HEAD:]
    if security.receipt_is_ciphered:
        body = deciphered(security.kic, key, body)
    checksum_size = packet[2] - 10
    head = RESPONSE_HEADER + packet[:_RESPONSE_HEAD]
    return _opened(head, body, _RESPONSE_FIELDS, checksum_size)


def _opened(head: bytes, body: bytes, fields: int, checksum_size: int) -> Opened:
    """What stands in a packet in clear, and what its checksum covers: all but the checksum."""
    if checksum_size < 0 or len(body) < fields + checksum_size:
        raise Unfit("the length of the header does not fit the packet")
    stop = fields + checksum_size
    padding = body[_COUNTER]
    if padding > len(body) - stop:
        raise Unfit(f"{padding} bytes of padding, {len(body) - stop} bytes of data")
    data = body[stop : len(body) - padding]
    covered = head + body[:fields] + body[stop:]
    response = body[_COUNTER + 1 : fields]
    return Opened(body[:_COUNTER], response, body[fields:stop], data, covered)


def _algorithm(octet: int) -> int:
    return octet & 0x0F


def deciphered(kic: int, key: bytes, data: bytes) -> bytes:
    """Data in clear, from CBC mode with an initial value of zeros (TS 102 225, 5.1.2)."""
    algorithm = _algorithm(kic)
    if algorithm == _AES:
        return blocks.aes_decrypt(key, data, bytes(16))
    if algorithm not in _DES_KEYS:
        raise NotVerifiable(f"the cipher of KIc {kic:02X} is not one that is computed here")
    blocks.need("the key (KIc)", key, _DES_KEYS[algorithm])
    return blocks.decrypt(key, data, blocks.ZEROS)


def checksum(integrity: Integrity, kid: int, key: bytes, covered: bytes) -> bytes:
    """The checksum of a packet over all of it but the checksum (TS 102 225, 5.1.3)."""
    algorithm = _algorithm(kid)
    if integrity == "redundancy check" and algorithm == _CRC32:
        return zlib.crc32(covered).to_bytes(4, "big")
    if integrity != "cryptographic checksum":
        raise NotVerifiable(f"a {integrity} of KID {kid:02X} is not computed here")
    if algorithm == _AES:
        return blocks.cmac(key, covered)[:_MAC_SIZE]
    if algorithm not in _DES_KEYS:
        raise NotVerifiable(f"the checksum of KID {kid:02X} is not one that is computed here")
    blocks.need("the key (KID)", key, _DES_KEYS[algorithm])
    return blocks.mac1(key, blocks.zeros(covered))
