# SPDX-License-Identifier: MIT
"""Segments of a bound profile package: SCP03t with the keys of a download (GSMA SGP.22, 2.6.4; SGP.02, 4.1.3.3)."""

from __future__ import annotations

from dataclasses import field, replace

from ..core.errors import NotVerifiable
from ..core.model import record
from . import blocks
from .scp11 import derived

MAC_SIZE = 8
KEY_SIZE = 16
TAGS = (0x86, 0x87, 0x88)
_IN_CLEAR = 0x88
_AES, _KEY_LENGTH = 0x88, 0x10


@record
class Keys:
    """What a session knows: the MAC of the segment before, the keys, and how many segments there were."""

    chaining: bytes = field(repr=False)
    enc: bytes = field(repr=False)
    mac: bytes = field(repr=False)
    count: int = 0


@record
class Segment:
    """A segment with a right MAC: its tag and what is in it, in clear."""

    tag: int
    data: bytes


def session_keys(secret: bytes, host: bytes, eid: bytes) -> Keys:
    """The keys of a session from the shared secret of the key agreement (X9.63 KDF with SHA-256; SGP.22, 2.6.4.3).

    What is derived is three values of 16 bytes: the first chaining value, the key for ciphering, that for MACs.
    """
    blocks.need("an EID", eid, KEY_SIZE)
    if not 0 < len(host) <= 16:
        raise NotVerifiable("a host identifier has 1 to 16 bytes")
    shared = bytes([_AES, _KEY_LENGTH, len(host)])
    shared += host
    shared += bytes([len(eid)])
    shared += eid
    return keys_of(derived(secret, shared, 3 * KEY_SIZE))


def keys_of(material: bytes) -> Keys:
    """The keys from 48 bytes: chaining value, key for ciphering, key for MACs."""
    blocks.need("what a segment is opened with", material, 3 * KEY_SIZE)
    chaining = material[:KEY_SIZE]
    enc = material[KEY_SIZE : 2 * KEY_SIZE]
    mac = material[2 * KEY_SIZE :]
    return Keys(chaining, enc, mac)


def open_segment(keys: Keys, segment: bytes) -> tuple[Segment, Keys]:
    """A segment (tag, length, data, MAC) in clear, and the session after it.

    NotVerifiable where it is none, or its MAC is another: then the session is as before.
    """
    tag, head, data = _cut(segment)
    content = data[:-MAC_SIZE]
    mac = data[-MAC_SIZE:]
    covered = keys.chaining + head + content
    full = blocks.cmac(keys.mac, covered)
    if full[:MAC_SIZE] != mac:
        raise NotVerifiable("the MAC of the segment is another")
    following = replace(keys, chaining=full, count=keys.count + 1)
    if tag == _IN_CLEAR:
        return Segment(tag, content), following
    # The counter goes on with segments that have a MAC only.
    number = following.count.to_bytes(KEY_SIZE, "big")
    initial = blocks.aes_encrypt(keys.enc, number)
    padded = blocks.aes_decrypt(keys.enc, content, initial)
    clear = blocks.unpadded(padded)
    if clear is None:
        raise NotVerifiable("the padding of the segment is wrong")
    return Segment(tag, clear), following


def _cut(segment: bytes) -> tuple[int, bytes, bytes]:
    """The tag of a segment, tag and length as they stand, and the rest."""
    if len(segment) < 2 or segment[0] not in TAGS:
        raise NotVerifiable("no segment: it begins with none of 86, 87 and 88")
    start = 2
    length = segment[1]
    if length > 0x80:
        start += length & 0x7F
        length = int.from_bytes(segment[2:start], "big")
    data = segment[start:]
    if len(data) != length or length < MAC_SIZE:
        raise NotVerifiable(f"a segment of {length} bytes declared, {len(data)} here")
    return segment[0], segment[:start], data
