# SPDX-License-Identifier: MIT
"""Secure channel protocol 03 (GlobalPlatform Card Specification 2.3.1, Amendment D 1.1.2).

Of the mode with MACs of 16 bytes (S16) no published example is at hand: it follows Amendment D 1.2. What does not fit
raises NotVerifiable.
"""

from __future__ import annotations

from dataclasses import field, replace

from ..core.model import record
from . import blocks
from .channels import (
    C_MAC,
    KEY_SIZES,
    R_MAC,
    Opened,
    StaticKeys,
    class_under_mac,
    enciphers,
    enciphers_answers,
)

PROTOCOL = 3
# 4.1.5, table 4-1: what is derived
_CARD_CRYPTOGRAM, _HOST_CRYPTOGRAM, _CHALLENGE = 0x00, 0x01, 0x02
_FOR_ENC, _FOR_MAC, _FOR_R_MAC = 0x04, 0x06, 0x07
_BLOCK = 16
_OF_ANSWERS = 0x80  # the first byte of the counter where an answer is enciphered (6.2.7)


def derived(key: bytes, purpose: int, context: bytes, size: int) -> bytes:
    """Bytes derived from a key by NIST SP 800-108 in counter mode (4.1.5)."""
    result = b""
    block = 0
    while len(result) < size:
        block += 1
        label = bytes(11) + bytes([purpose])
        bits = (8 * size).to_bytes(2, "big")
        data = label + b"\0" + bits + bytes([block])
        result += blocks.cmac(key, data + context)
    return result[:size]


def pseudo_random_challenge(enc: bytes, counter: bytes, aid: bytes, size: int = 8) -> bytes:
    """The challenge of a card whose option has 10, of its static key (6.2.2.1)."""
    return derived(enc, _CHALLENGE, counter + aid, size)


@record
class Session:
    """The keys of a session; `chain` is the last command's MAC of 16 bytes, `counter` the number of commands."""

    enc: bytes = field(repr=False)
    mac: bytes = field(repr=False)
    r_mac: bytes = field(repr=False)
    dek: bytes = field(repr=False)
    context: bytes
    mac_size: int = 8
    chain: bytes = bytes(_BLOCK)
    counter: int = 0
    level: int = 0

    @property
    def card_cryptogram(self) -> bytes:
        """What the card must answer (6.2.2.2)."""
        return derived(self.mac, _CARD_CRYPTOGRAM, self.context, self.mac_size)

    @property
    def host_cryptogram(self) -> bytes:
        """What the host must send (6.2.2.3)."""
        return derived(self.mac, _HOST_CRYPTOGRAM, self.context, self.mac_size)

    def c_mac(self, header: bytes, data: bytes) -> bytes:
        """The MAC of a command in full, 16 bytes (6.2.4); `data` as they are sent."""
        size = len(data) + self.mac_size
        length = bytes([size])
        if size > 0xFF:
            length = b"\0" + size.to_bytes(2, "big")
        covered = class_under_mac(header) + length + data
        chained = self.chain + covered
        return blocks.cmac(self.mac, chained)

    def authenticated(self, header: bytes, data: bytes) -> tuple[Opened, Session]:
        """EXTERNAL AUTHENTICATE: its MAC, and the session with the level that P1 asks for."""
        opened, session = self._checked(header, data)
        level = header[2]
        return opened, replace(session, level=level)

    def open_command(self, header: bytes, data: bytes) -> tuple[Opened, Session]:
        """A command under the level of the session: its data in clear and whether its MAC is right."""
        if not self.level & C_MAC:
            return Opened(data), self
        opened, session = self._checked(header, data)
        session = replace(session, counter=self.counter + 1)
        if enciphers(self.level) and opened.data:
            initial = self._initial(session.counter)
            opened = self._deciphered(opened, initial)
        return opened, session

    def open_answer(self, data: bytes, status: bytes) -> Opened:
        """The answer to the last command that was opened: its data in clear and whether its MAC is right."""
        if not self.level & R_MAC or not data:
            return Opened(data)
        sent = data[: -self.mac_size]
        stated = data[-self.mac_size :]
        opened = Opened(sent, self._answer_mac(sent, status) == stated)
        if enciphers_answers(self.level) and sent:
            initial = self._initial(self.counter, _OF_ANSWERS)
            opened = self._deciphered(opened, initial)
        return opened

    def _answer_mac(self, sent: bytes, status: bytes) -> bytes:
        """The MAC of an answer (6.2.5)."""
        mac = blocks.cmac(self.r_mac, self.chain + sent + status)
        return mac[: self.mac_size]

    def _checked(self, header: bytes, data: bytes) -> tuple[Opened, Session]:
        sent = data[: -self.mac_size]
        stated = data[-self.mac_size :]
        computed = self.c_mac(header, sent)
        is_right = computed[: self.mac_size] == stated
        opened = Opened(sent, is_right)
        session = replace(self, chain=computed)
        return opened, session

    def _deciphered(self, opened: Opened, initial: bytes) -> Opened:
        """Data in clear; none where the MAC is wrong, for then they would be noise."""
        sent = opened.data or b""
        if len(sent) % _BLOCK or not opened.is_right:
            return replace(opened, data=None)
        padded = blocks.aes_decrypt(self.enc, sent, initial)
        return replace(opened, data=blocks.unpadded(padded), is_deciphered=True)

    def _initial(self, counter: int, first: int = 0) -> bytes:
        """The initial value that belongs to a counter (6.2.6)."""
        rest = counter.to_bytes(_BLOCK - 1, "big")
        block = bytes([first]) + rest
        return blocks.aes_encrypt(self.enc, block)

    def wrap(self, header: bytes, data: bytes) -> tuple[bytes, Session]:
        """The data field of a command under the level of the session, and the session after it."""
        if not self.level & C_MAC:
            return data, self
        counter = self.counter + 1
        if data and enciphers(self.level):
            padded = blocks.pad(data, _BLOCK)
            data = blocks.aes_encrypt(self.enc, padded, self._initial(counter))
        mac = self.c_mac(header, data)
        session = replace(self, chain=mac, counter=counter)
        return data + mac[: self.mac_size], session

    def wrap_answer(self, data: bytes, status: bytes) -> bytes:
        """The data field of an answer to the last command that was opened."""
        if not self.level & R_MAC:
            return data
        if data and enciphers_answers(self.level):
            padded = blocks.pad(data, _BLOCK)
            initial = self._initial(self.counter, _OF_ANSWERS)
            data = blocks.aes_encrypt(self.enc, padded, initial)
        return data + self._answer_mac(data, status)

    def decipher_key(self, value: bytes) -> bytes:
        """A key or other secret that was enciphered with the DEK, the static one (6.2.8)."""
        return blocks.aes_decrypt(self.dek, value, bytes(_BLOCK))

    def encipher_key(self, value: bytes) -> bytes:
        """The inverse of `decipher_key`."""
        return blocks.aes_encrypt(self.dek, value, bytes(_BLOCK))


def session(keys: StaticKeys, host: bytes, card: bytes, mac_size: int = 8) -> Session:
    """A session before EXTERNAL AUTHENTICATE, from both challenges (6.2.1)."""
    size = len(keys.enc)
    blocks.need("a static key of SCP03", keys.enc, *KEY_SIZES)
    blocks.need("its neighbour", keys.mac, size)
    context = host + card
    return Session(
        enc=derived(keys.enc, _FOR_ENC, context, size),
        mac=derived(keys.mac, _FOR_MAC, context, size),
        r_mac=derived(keys.mac, _FOR_R_MAC, context, size),
        dek=keys.dek,
        context=context,
        mac_size=mac_size,
    )
