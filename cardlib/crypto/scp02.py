# SPDX-License-Identifier: MIT
"""Secure channel protocol 02 with three keys, options 15 and 55 (GlobalPlatform Card Specification 2.3.1, E).

The C-MAC is that of the modified command, its initial value is the enciphered MAC before; data are enciphered after
the MAC was made. What does not fit raises NotVerifiable.
"""

from __future__ import annotations

from dataclasses import field, replace

from ..core.model import record
from . import blocks
from .channels import C_MAC, R_MAC, Opened, StaticKeys, class_under_mac, enciphers

PROTOCOL = 2
MAC_SIZE = 8
# E.4.1, table E-4: what the key is for
_FOR_MAC = b"\x01\x01"
_FOR_R_MAC = b"\x01\x02"
_FOR_DEK = b"\x01\x81"
_FOR_ENC = b"\x01\x82"


@record
class Challenges:
    """What both sides say before they authenticate: 8 bytes, a counter of 2, 6 bytes."""

    host: bytes
    counter: bytes
    card: bytes


def session_key(static: bytes, purpose: bytes, counter: bytes) -> bytes:
    """A session key of 16 bytes (E.4.1)."""
    blocks.need("a static key of SCP02", static, 16)
    blocks.need("the sequence counter", counter, 2)
    filling = bytes(12)
    derivation = purpose + counter + filling
    return blocks.encrypt(static, derivation, blocks.ZEROS)


def card_cryptogram(enc: bytes, challenges: Challenges) -> bytes:
    """What the card proves its keys with (E.4.2.1)."""
    text = challenges.host + challenges.counter + challenges.card
    return blocks.mac1(enc, blocks.pad(text))


def host_cryptogram(enc: bytes, challenges: Challenges) -> bytes:
    """What the host proves its keys with (E.4.2.2)."""
    text = challenges.counter + challenges.card + challenges.host
    return blocks.mac1(enc, blocks.pad(text))


def c_mac(mac_key: bytes, before: bytes, header: bytes, data: bytes) -> bytes:
    """The MAC of a command with plain data (E.4.4); `before` is the MAC of the command before, empty at first."""
    initial = bytes(8)
    if before:
        single_des_key = mac_key[:8]
        initial = blocks.encrypt(single_des_key, before)
    size = len(data) + MAC_SIZE
    length = bytes([size & 0xFF])
    padded = blocks.pad(class_under_mac(header) + length + data)
    first_block = blocks.xor(initial, padded[:8])
    return blocks.mac3(mac_key, first_block + padded[8:])


@record
class Session:
    """The keys of a session and where its MACs stand: `chain` is the last of them."""

    enc: bytes = field(repr=False)
    mac: bytes = field(repr=False)
    dek: bytes = field(repr=False)
    challenges: Challenges
    chain: bytes = b""
    level: int = 0
    mac_size: int = MAC_SIZE

    @property
    def card_cryptogram(self) -> bytes:
        """What the card must answer."""
        return card_cryptogram(self.enc, self.challenges)

    @property
    def host_cryptogram(self) -> bytes:
        """What the host must send."""
        return host_cryptogram(self.enc, self.challenges)

    def authenticated(self, header: bytes, data: bytes) -> tuple[Opened, Session]:
        """EXTERNAL AUTHENTICATE: its MAC, and the session with the level that P1 asks for."""
        opened, session = self._checked(header, data)
        level = header[2]
        return opened, replace(session, level=level)

    def open_command(self, header: bytes, data: bytes) -> tuple[Opened, Session]:
        """A command under the level of the session: its data in clear and whether its MAC is right."""
        if not self.level & C_MAC:
            return Opened(data), self
        if not enciphers(self.level) or len(data) <= MAC_SIZE:
            return self._checked(header, data)
        mac = data[-MAC_SIZE:]
        plain = deciphered(self.enc, data[:-MAC_SIZE])
        if plain is None:
            return Opened(None, is_right=False), replace(self, chain=mac)
        opened, session = self._checked(header, plain + mac)
        return replace(opened, is_deciphered=True), session

    def open_answer(self, data: bytes, status: bytes) -> Opened:
        """An answer: options 15 and 55 protect none."""
        return Opened(data, is_right=None, is_checked=not self.level & R_MAC)

    def _checked(self, header: bytes, data: bytes) -> tuple[Opened, Session]:
        plain = data[:-MAC_SIZE]
        stated = data[-MAC_SIZE:]
        if len(stated) < MAC_SIZE:
            return Opened(None, is_right=False), self
        computed = c_mac(self.mac, self.chain, header, plain)
        opened = Opened(plain, is_right=computed == stated)
        session = replace(self, chain=stated)
        return opened, session

    def wrap(self, header: bytes, data: bytes) -> tuple[bytes, Session]:
        """The data field of a command under the level of the session, and the session after it."""
        if not self.level & C_MAC:
            return data, self
        mac = c_mac(self.mac, self.chain, header, data)
        if data and enciphers(self.level):
            padded = blocks.pad(data)
            data = blocks.encrypt(self.enc, padded, blocks.ZEROS)
        session = replace(self, chain=mac)
        return data + mac, session

    def decipher_key(self, value: bytes) -> bytes:
        """A key or other secret that was enciphered with the DEK (E.4.6)."""
        return blocks.decrypt(self.dek, value)

    def encipher_key(self, value: bytes) -> bytes:
        """The inverse of `decipher_key`."""
        return blocks.encrypt(self.dek, value)


def deciphered(enc: bytes, data: bytes) -> bytes | None:
    """Command data in clear (E.4.5); None where they are no blocks, or no padding follows them."""
    if not data or len(data) % 8:
        return None
    padded = blocks.decrypt(enc, data, blocks.ZEROS)
    return blocks.unpadded(padded)


def session(keys: StaticKeys, challenges: Challenges) -> Session:
    """A session before EXTERNAL AUTHENTICATE."""
    counter = challenges.counter
    return Session(
        enc=session_key(keys.enc, _FOR_ENC, counter),
        mac=session_key(keys.mac, _FOR_MAC, counter),
        dek=session_key(keys.dek, _FOR_DEK, counter),
        challenges=challenges,
    )


def r_mac_key(keys: StaticKeys, counter: bytes) -> bytes:
    """The session key for MACs of answers, which options 15 and 55 do not have (E.4.1)."""
    return session_key(keys.mac, _FOR_R_MAC, counter)
