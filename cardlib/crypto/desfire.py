# SPDX-License-Identifier: MIT
"""Sessions of MIFARE DESFire: keys from an authentication, MACs, enciphered data.

EV1 (authentications 1A and AA) has one key. MACs and cryptograms share an initial value, which each command and each
answer moves on; a CRC-32 stands in every cryptogram. EV2 (71 and 77) has two keys, an identifier and a counter.
Sources: NXP MF3ICDx21_41_81 data sheet, 9; NXP AN12343 and AN12196.
"""

from __future__ import annotations

import binascii
from dataclasses import field, replace
from typing import Literal

from ..core.errors import NotVerifiable
from ..core.model import record
from .blocks import aes_decrypt, aes_encrypt, cmac, decrypt, encrypt, need, pad, unpadded, xor

Cipher = Literal["DES", "AES"]
BLOCK: dict[Cipher, int] = {"DES": 8, "AES": 16}
MAC_SIZE = 8
CRC_SIZE = 4
_R = {8: 0x1B, 16: 0x87}  # of the subkeys of CMAC (NIST SP 800-38B, 5.3)
_TO_CARD, _FROM_CARD = b"\xa5\x5a", b"\x5a\xa5"
_FOR_CIPHER, _FOR_MAC = b"\xa5\x5a\x00\x01\x00\x80", b"\x5a\xa5\x00\x01\x00\x80"
_TRANSACTION = 4  # bytes of the identifier


@record
class Ev1:
    """A session of EV1 at one moment: its key and the initial value of what comes next."""

    cipher: Cipher
    key: bytes = field(repr=False)
    iv: bytes = b""

    def mac(self, message: bytes) -> tuple[bytes, Ev1]:
        """The MAC over a message, 8 bytes, and the session behind it."""
        block = BLOCK[self.cipher]
        whole_mask, cut_mask = _subkeys(self.cipher, self.key)
        is_whole = message and len(message) % block == 0
        if is_whole:
            padded, mask = message, whole_mask
        else:
            padded, mask = pad(message, block), cut_mask
        last = xor(padded[-block:], mask)
        masked = padded[:-block] + last
        cryptogram, after = self.encipher(masked)
        value = cryptogram[-block:]
        return value[:MAC_SIZE], after

    def encipher(self, data: bytes) -> tuple[bytes, Ev1]:
        """Whole blocks enciphered, and the session behind them."""
        cryptogram = _enciphered(self.cipher, self.key, data, self._before)
        return cryptogram, self.behind(cryptogram)

    def decipher(self, cryptogram: bytes) -> tuple[bytes, Ev1]:
        """The inverse of `encipher`."""
        data = _deciphered(self.cipher, self.key, cryptogram, self._before)
        return data, self.behind(cryptogram)

    def behind(self, cryptogram: bytes) -> Ev1:
        """The session behind a cryptogram."""
        block = BLOCK[self.cipher]
        return replace(self, iv=cryptogram[-block:])

    @property
    def _before(self) -> bytes:
        return self.iv or bytes(BLOCK[self.cipher])


@record
class Ev2:
    """A session of EV2 before a command: both keys, the identifier of the transaction, how many commands it had."""

    enc: bytes = field(repr=False)
    key: bytes = field(repr=False)
    transaction: bytes
    counter: int = 0

    def mac(self, code: int, data: bytes, answer: bool = False) -> bytes:
        """The MAC over a command, or over its answer: every other byte of CMAC."""
        head = bytes([code]) + self._count(answer) + self.transaction
        value = cmac(self.key, head + data)
        return value[1::2]

    def encipher(self, data: bytes, answer: bool = False) -> bytes:
        """Data of a command or of its answer enciphered, with their padding."""
        iv = self._iv(answer)
        return aes_encrypt(self.enc, pad(data, 16), iv)

    def decipher(self, cryptogram: bytes, answer: bool = False) -> bytes | None:
        """The inverse of `encipher`; None where the padding is wrong."""
        iv = self._iv(answer)
        padded = aes_decrypt(self.enc, cryptogram, iv)
        return unpadded(padded)

    def _iv(self, answer: bool) -> bytes:
        label = _TO_CARD
        if answer:
            label = _FROM_CARD
        block = label + self.transaction + self._count(answer) + bytes(8)
        return aes_encrypt(self.enc, block)

    def _count(self, answer: bool) -> bytes:
        """How many commands there were; an answer counts its own."""
        number = self.counter
        if answer:
            number += 1
        return (number & 0xFFFF).to_bytes(2, "little")

    @property
    def next(self) -> Ev2:
        """The session before the command that follows."""
        return replace(self, counter=self.counter + 1)


Session = Ev1 | Ev2


def crc32(data: bytes) -> bytes:
    """The check sum in cryptograms of EV1: CRC-32 without the last inversion, the lowest byte first."""
    inverted = binascii.crc32(data) ^ 0xFFFFFFFF
    return inverted.to_bytes(CRC_SIZE, "little")


def turned(number: bytes) -> bytes:
    """A random number turned left by a byte."""
    return number[1:] + number[:1]


def ev1_session(
    cipher: Cipher, key: bytes, challenge: bytes, sent: bytes, proof: bytes
) -> Ev1 | None:
    """The session that an authentication 1A or AA begins; None where the key does not make these values.

    challenge: what the card sent first; sent: what the reader proved; proof: what the card proved, all enciphered.
    """
    size = len(challenge)
    block = BLOCK[cipher]
    need("a challenge", challenge, 8, 16)
    need("the proof of the reader", sent, 2 * size)
    need("the proof of the card", proof, size)
    card_random = _deciphered(cipher, key, challenge, bytes(block))
    numbers = _deciphered(cipher, key, sent, challenge[-block:])
    reader_random = numbers[:size]
    answered = _deciphered(cipher, key, proof, sent[-block:])
    if numbers[size:] != turned(card_random):
        return None
    if answered != turned(reader_random):
        return None
    session_key = ev1_key(cipher, key, reader_random, card_random)
    return Ev1(cipher, session_key)


def ev1_key(cipher: Cipher, key: bytes, reader_random: bytes, card_random: bytes) -> bytes:
    """The key of a session of EV1: parts of both random numbers in turn."""
    parts = b""
    for start in _starts(cipher, key):
        stop = start + 4
        parts += reader_random[start:stop]
        parts += card_random[start:stop]
    return parts


def _starts(cipher: Cipher, key: bytes) -> tuple[int, ...]:
    """Where in the random numbers the parts of a session key begin; equal halves make a key of single DES."""
    if cipher == "AES":
        return 0, 12
    if len(key) == 24:
        return 0, 6, 12
    if key[:8] == key[8:]:
        return (0,)
    return 0, 4


def ev2_session(
    key: bytes, challenge: bytes, sent: bytes, proof: bytes, before: Ev2 | None = None
) -> Ev2 | None:
    """The session that an authentication 71 or 77 begins; None where the key does not make these values.

    before: the session in which 77 came, whose identifier and counter stay.
    """
    need("a challenge", challenge, 16)
    need("the proof of the reader", sent, 32)
    need("the proof of the card", proof, 16, 32)
    card_random = aes_decrypt(key, challenge)
    numbers = aes_decrypt(key, sent, bytes(16))
    reader_random = numbers[:16]
    answered = aes_decrypt(key, proof, bytes(16))
    is_first = len(proof) == 32
    transaction = b""
    if is_first:
        transaction = answered[:_TRANSACTION]
        answered = answered[_TRANSACTION : _TRANSACTION + 16]
    if numbers[16:] != turned(card_random):
        return None
    if answered != turned(reader_random):
        return None
    enc, mac = ev2_keys(key, reader_random, card_random)
    if is_first:
        return Ev2(enc, mac, transaction)
    if before is None:
        raise NotVerifiable("the first authentication of this transaction is not in the capture")
    return replace(before, enc=enc, key=mac)


def ev2_keys(key: bytes, reader_random: bytes, card_random: bytes) -> tuple[bytes, bytes]:
    """The keys of a session of EV2, for enciphering and for MACs (AN12196, 5.6)."""
    mixed = xor(reader_random[2:8], card_random[:6])
    context = reader_random[:2] + mixed + card_random[6:] + reader_random[8:]
    return cmac(key, _FOR_CIPHER + context), cmac(key, _FOR_MAC + context)


def _subkeys(cipher: Cipher, key: bytes) -> tuple[bytes, bytes]:
    """The subkeys of CMAC, for a last block that is whole and for one that is cut."""
    block = BLOCK[cipher]
    seed = _enciphered(cipher, key, bytes(block), bytes(block))
    first = _doubled(seed)
    return first, _doubled(first)


def _doubled(value: bytes) -> bytes:
    size = len(value)
    number = int.from_bytes(value) << 1
    is_carried = value[0] & 0x80
    if is_carried:
        number ^= _R[size]
    limit = 1 << 8 * size
    return (number % limit).to_bytes(size)


def _enciphered(cipher: Cipher, key: bytes, data: bytes, iv: bytes) -> bytes:
    if cipher == "AES":
        return aes_encrypt(key, data, iv)
    return encrypt(key, data, iv)


def _deciphered(cipher: Cipher, key: bytes, data: bytes, iv: bytes) -> bytes:
    if cipher == "AES":
        return aes_decrypt(key, data, iv)
    return decrypt(key, data, iv)
