# SPDX-License-Identifier: MIT
"""Crypto1, the cipher of MIFARE Classic: a key tried on a recorded authentication, and what follows it opened.

Source: F. D. Garcia et al., Dismantling MIFARE Classic, ESORICS 2008. Bits are counted as they go over the air: the
lowest of each byte first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from ..core.model import record
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
# Steps of the generator from the nonce of the card to the answers of reader and card (section 4.4)
_TO_READER_ANSWER, _TO_CARD_ANSWER = 64, 96


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

    def __init__(self, state: int) -> None:
        self.state = state

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

    def feed(self, value: int, is_enciphered: bool) -> int:
        """Take a word in, enciphered or not; returns the keystream that goes with it."""
        keystream = 0
        for position in range(_WORD):
            bit = self.keystream()
            keystream |= bit << position
            entering = value >> position & 1
            if is_enciphered:
                entering ^= bit
            self.take(entering)
        return keystream

    def stream(self, count: int) -> int:
        """So many bits of the keystream, while nothing enters."""
        keystream = 0
        for position in range(count):
            keystream |= self.keystream() << position
            self.take(0)
        return keystream


@record
class Session:
    """The cipher after an authentication: its state, and the nonce of the card in clear."""

    state: int = field(repr=False)
    nonce: bytes


def proved(
    key: bytes,
    uid: bytes,
    nonce: bytes,
    reader_nonce: bytes,
    reader_answer: bytes,
    is_nested: bool = False,
) -> Session | None:
    """The session that a key begins; None where it does not make this answer of the reader.

    Both values of the reader are those that were sent, enciphered; so is the nonce of the card where the
    authentication is nested in an open session. uid: the last four bytes of the card's number.
    """
    need("a key", key, 6)
    need("a UID", uid, 4)
    need("a nonce of the card", nonce, 4)
    need("a nonce of the reader", reader_nonce, 4)
    need("an answer", reader_answer, 4)
    cipher = _Cipher(_bits(key))
    sent = _bits(nonce)
    keystream = cipher.feed(sent ^ _bits(uid), is_nested)
    in_clear = sent
    if is_nested:
        in_clear ^= keystream
    cipher.feed(_bits(reader_nonce), is_enciphered=True)
    answer = _steps(in_clear, _TO_READER_ANSWER) ^ cipher.stream(_WORD)
    if answer != _bits(reader_answer):
        return None
    return Session(cipher.state, in_clear.to_bytes(4, "little"))


def makes_answer(
    key: bytes,
    uid: bytes,
    nonce: bytes,
    reader_nonce: bytes,
    reader_answer: bytes,
) -> bool:
    """Whether a key makes this answer of a reader to a nonce that came in clear."""
    return proved(key, uid, nonce, reader_nonce, reader_answer) is not None


def answer_of_card(session: Session) -> bytes:
    """What a card with that key answers, in clear."""
    answer = _steps(_bits(session.nonce), _TO_CARD_ANSWER)
    return answer.to_bytes(4, "little")


def opened(session: Session, data: bytes, bits: int) -> tuple[bytes, Session]:
    """Bytes of an open session in clear, and the session behind them; of four bits alone they are the lower ones."""
    cipher = _Cipher(session.state)
    keystream = cipher.stream(bits)
    mask = (1 << bits) - 1
    plain = (_bits(data) ^ keystream) & mask
    return plain.to_bytes(len(data), "little"), Session(cipher.state, session.nonce)
