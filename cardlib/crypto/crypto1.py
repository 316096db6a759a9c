# SPDX-License-Identifier: MIT
"""Crypto1, the cipher of MIFARE Classic, as far as it takes to try a key on a recorded authentication.

Source: F. D. Garcia et al., Dismantling MIFARE Classic, ESORICS 2008. Bits are counted as they go over the air: the
lowest of each byte first.
"""

from __future__ import annotations

from collections.abc import Sequence

from .blocks import need

_WORD, _STATE = 32, 48  # bits
# Bits of the state that are added up to the next (section 4), and bits of a nonce likewise (section 3)
_FEEDBACK = (0, 5, 9, 10, 12, 14, 15, 17, 19, 24, 25, 27, 29, 35, 39, 41, 42, 43)
_GENERATOR = (16, 18, 19, 21)
# The filter (section 4): five groups of four bits of the state, each with a table of what it gives, and a table of
# what these five give together. The first bit of a group is the lowest of the index into its table.
_TABLE_A, _TABLE_B = 0xB48E, 0x9E98
_GROUPS = (
    (_TABLE_A, (9, 11, 13, 15)),
    (_TABLE_B, (17, 19, 21, 23)),
    (_TABLE_B, (25, 27, 29, 31)),
    (_TABLE_A, (33, 35, 37, 39)),
    (_TABLE_B, (41, 43, 45, 47)),
)
_TABLE_OF_GROUPS = 0xEC57E80A
_TO_READER_ANSWER = (
    64  # steps of the generator from the nonce of the card to the answer of the reader
)


def _bits(value: bytes) -> int:
    """A value as a row of bits, bit 0 the first on the air."""
    return int.from_bytes(value, "little")


def _sum(value: int, positions: Sequence[int]) -> int:
    """These bits of a value, added up without carry."""
    total = 0
    for position in positions:
        total ^= value >> position
    return total & 1


def _steps(nonce: int, count: int) -> int:
    """A nonce so many steps of the generator later."""
    for _ in range(count):
        entering = _sum(nonce, _GENERATOR)
        nonce >>= 1
        nonce |= entering << (_WORD - 1)
    return nonce


def fits_generator(nonce: bytes) -> bool:
    """Whether a nonce can come from the generator of 16 bits: its second half then follows from the first."""
    need("a nonce", nonce, 4)
    value = _bits(nonce)
    half = _WORD // 2
    first_half = value & 0xFFFF
    return _steps(first_half << half, half) == value


class _Cipher:
    """The state of the cipher: it takes bits in, and gives bits of the keystream."""

    def __init__(self, key: bytes) -> None:
        self.state = _bits(key)

    def keystream(self) -> int:
        """The bit that goes with the next bit of the message."""
        together = 0
        for number, (table, positions) in enumerate(_GROUPS):
            index = 0
            for place, position in enumerate(positions):
                bit = self.state >> position & 1
                index |= bit << place
            output = table >> index & 1
            together |= output << number
        return _TABLE_OF_GROUPS >> together & 1

    def take(self, bit: int) -> None:
        """One step, in which a bit enters."""
        entering = _sum(self.state, _FEEDBACK) ^ bit
        self.state >>= 1
        self.state |= entering << (_STATE - 1)


def makes_answer(
    key: bytes,
    uid: bytes,
    nonce: bytes,
    reader_nonce: bytes,
    reader_answer: bytes,
) -> bool:
    """Whether a key makes this answer of a reader; both values of the reader as they were sent, enciphered.

    The nonce of the card must have come in clear; uid: the last four bytes of its number.
    """
    need("a key", key, 6)
    need("a UID", uid, 4)
    need("a nonce of the card", nonce, 4)
    need("a nonce of the reader", reader_nonce, 4)
    need("an answer", reader_answer, 4)
    cipher = _Cipher(key)
    entering = _bits(uid) ^ _bits(nonce)
    for position in range(_WORD):
        cipher.take(entering >> position & 1)
    enciphered = _bits(reader_nonce)
    for position in range(_WORD):
        sent = enciphered >> position & 1
        cipher.take(sent ^ cipher.keystream())
    keystream = 0
    for position in range(_WORD):
        bit = cipher.keystream()
        keystream |= bit << position
        cipher.take(0)
    answer = _steps(_bits(nonce), _TO_READER_ANSWER)
    return answer ^ keystream == _bits(reader_answer)
