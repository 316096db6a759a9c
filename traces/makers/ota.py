# SPDX-License-Identifier: MIT
"""Secured packets: an operator's server closes them, a card opens, checks and obeys them (ETSI TS 102 225, TS 102 226).

Keys are made up. `cardlib.crypto.ota` opens what is closed here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cardlib.core.errors import NotVerifiable
from cardlib.crypto import blocks, ota

from .rsa_keys import OTA_KEYS

KIC, KID = map(bytes.fromhex, OTA_KEYS.values())
KEYS = 0x12  # key set 1, AES (TS 102 225, 5.1.2, 5.1.3)
SECURE = 0x16  # counter must be higher, ciphered, cryptographic checksum
RECEIPT_WITH_CHECKSUM = 0x09  # always, with a cryptographic checksum, in clear
RECEIPT = 0x01  # always, without a checksum
FILES = bytes.fromhex("B00010")  # the reference of remote file management of the USIM
BROWSER = bytes.fromhex("505348")  # that of a browser of the toolkit (S@T)
COUNTER_SIZE, CHECKSUM_SIZE, BLOCK = 5, 8, 16
DONE, CHECKSUM_FAILED, COUNTER_LOW, UNKNOWN_REFERENCE, LEVEL_TOO_LOW = 0x00, 0x01, 0x02, 0x09, 0x0A
DATA_COMES_BACK = (0xB0, 0xB2)
Execute = Callable[[bytes], tuple[bytes, int]]


@dataclass(frozen=True)
class Terms:
    """The security of a packet: SPI (two bytes), KIc, KID, and which application it is for."""

    security: int = SECURE
    receipt: int = RECEIPT_WITH_CHECKSUM
    kic: int = KEYS
    kid: int = KEYS
    reference: bytes = FILES

    @property
    def head(self) -> bytes:
        return bytes((self.security, self.receipt, self.kic, self.kid)) + self.reference


def closed_command(terms: Terms, counter: int, data: bytes) -> bytes:
    """A command packet (5.1)."""
    has_checksum = bool(terms.security & 2)
    checksum_size = CHECKSUM_SIZE if has_checksum else 0
    padding = 0
    if terms.security & 4:
        padding = -(COUNTER_SIZE + 1 + checksum_size + len(data)) % BLOCK
    fields = counter.to_bytes(COUNTER_SIZE) + bytes((padding,))
    content = data + bytes(padding)
    head_size = len(terms.head) + len(fields) + checksum_size
    size = 1 + head_size + len(content)
    begin = size.to_bytes(2) + bytes((head_size,)) + terms.head
    checksum = b""
    if has_checksum:
        covered = begin + fields + content
        checksum = ota.checksum("cryptographic checksum", terms.kid, KID, covered)
    body = fields + checksum + content
    if terms.security & 4:
        body = blocks.aes_encrypt(KIC, body, bytes(BLOCK))
    return begin + body


def closed_response(terms: Terms, counter: bytes, code: int, data: bytes) -> bytes:
    """A response packet in clear, after the header of its user data (5.2)."""
    has_checksum = bool(terms.receipt & 0x0C)
    checksum_size = CHECKSUM_SIZE if has_checksum else 0
    fields = counter + bytes((0, code))
    head_size = len(terms.reference) + len(fields) + checksum_size
    size = 1 + head_size + len(data)
    begin = ota.RESPONSE_HEADER + size.to_bytes(2) + bytes((head_size,)) + terms.reference
    checksum = b""
    if has_checksum:
        covered = begin + fields + data
        checksum = ota.checksum("cryptographic checksum", terms.kid, KID, covered)
    return begin + fields + checksum + data


class Receiver:
    """The card's side: it proves and counts packets. A careless one takes those without a checksum, too."""

    def __init__(self, counter: int = 0, is_careless: bool = False) -> None:
        self.counter = counter
        self.is_careless = is_careless

    def take(self, packet: bytes, execute: Execute) -> bytes:
        """Do what a packet asks; the receipt."""
        security = ota.security_of(packet)
        terms = Terms(*packet[3:7], packet[7:10])
        counter = bytes(COUNTER_SIZE)
        try:
            opened = ota.open_command(packet, KIC)
        except NotVerifiable:
            return closed_response(terms, counter, CHECKSUM_FAILED, b"")
        code = self._judged(security, opened)
        data = b""
        if code == DONE:
            self.counter = int.from_bytes(opened.counter)
            data = self._obeyed(terms, opened.data, execute)
        return closed_response(terms, opened.counter, code, data)

    def _judged(self, security: ota.Security, opened: ota.Opened) -> int:
        """The response code (5.2, table 5)."""
        if security.integrity != "cryptographic checksum":
            return DONE if self.is_careless else LEVEL_TOO_LOW
        expected = ota.checksum(security.integrity, security.kid, KID, opened.covered)
        if expected != opened.checksum:
            return CHECKSUM_FAILED
        if int.from_bytes(opened.counter) <= self.counter:
            return COUNTER_LOW
        return DONE

    def _obeyed(self, terms: Terms, data: bytes, execute: Execute) -> bytes:
        """Commands in the compact form one by one: how many, the last status word and data (TS 102 226, 5.2.1)."""
        if terms.reference != FILES:
            return b""
        count, last, sw = 0, b"", 0x9000
        at = 0
        while at < len(data) and sw == 0x9000:
            stop = at + 5
            if data[at + 1] not in DATA_COMES_BACK:
                stop += data[at + 4]
            last, sw = execute(data[at:stop])
            count += 1
            at = stop
        return bytes((count,)) + sw.to_bytes(2) + last
