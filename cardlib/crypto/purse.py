# SPDX-License-Identifier: MIT
"""MACs and certificates of the electronic purse (PBOC 2.0 Part 2): keys, session keys, MAC1, MAC2, TAC.

Published vectors agree but for the certificate of a load, whose fields one source gives. Amounts and
balances have 4 bytes, dates 4 and times 3 in BCD, a terminal number 6. A MAC has 4 bytes.
"""

from __future__ import annotations

from ..core.errors import NotVerifiable
from ..core.model import record
from .blocks import encrypt, mac1, need, pad, xor

MAC_SIZE = 4
TRIPLE_DES = 0x00
SM4 = 0x04
_LOAD_END = b"\x80\x00"


@record
class Terms:
    """What both sides agree on: amount, kind of transaction, terminal, date and time."""

    amount: bytes
    kind: int
    terminal: bytes
    date: bytes = b""
    time: bytes = b""

    @property
    def begun(self) -> bytes:
        """Amount, kind and terminal."""
        return self.amount + bytes((self.kind,)) + self.terminal

    @property
    def whole(self) -> bytes:
        """These, then date and time."""
        return self.begun + self.date + self.time


def diversified(master: bytes, number: bytes) -> bytes:
    """The key of a card from a master key and 8 bytes of its number, the last ones."""
    need("a master key", master, 16)
    need("what a key is diversified with", number, 8)
    inverted = xor(number, b"\xff" * 8)
    return encrypt(master, number + inverted)


def load_session_key(key: bytes, random_number: bytes, counter: bytes) -> bytes:
    """The session key of a load, 8 bytes: from the card's random number and online counter."""
    need("a load key", key, 16)
    return encrypt(key, random_number + counter + _LOAD_END)


def purchase_session_key(
    key: bytes, random_number: bytes, counter: bytes, terminal_counter: bytes
) -> bytes:
    """The session key of a purchase, 8 bytes: also from the last 2 bytes of the terminal's counter."""
    need("a purchase key", key, 16)
    return encrypt(key, random_number + counter + terminal_counter[-2:])


def session_mac(session_key: bytes, data: bytes) -> bytes:
    """A MAC under a session key: single DES over the padded data."""
    need("a session key", session_key, 8)
    return mac1(session_key, pad(data))[:MAC_SIZE]


def load_mac1(session_key: bytes, balance: bytes, terms: Terms) -> bytes:
    """MAC1 of a load or an unload: by the card, over the balance before it."""
    return session_mac(session_key, balance + terms.begun)


def load_mac2(session_key: bytes, terms: Terms) -> bytes:
    """MAC2 of a load or an unload: by the issuer."""
    return session_mac(session_key, terms.whole)


def purchase_mac1(session_key: bytes, terms: Terms) -> bytes:
    """MAC1 of a purchase: by the terminal's security module."""
    return session_mac(session_key, terms.whole)


def purchase_mac2(session_key: bytes, amount: bytes) -> bytes:
    """MAC2 of a purchase: by the card."""
    return session_mac(session_key, amount)


def tac(key: bytes, data: bytes) -> bytes:
    """A transaction certificate: its key is the left half of the TAC key, added to the right one."""
    need("a TAC key", key, 16)
    return session_mac(xor(key[:8], key[8:]), data)


def purchase_tac(key: bytes, terms: Terms, terminal_counter: bytes) -> bytes:
    """The certificate of a purchase, also of a compound one."""
    return tac(key, terms.begun + terminal_counter + terms.date + terms.time)


def load_tac(key: bytes, new_balance: bytes, counter: bytes, terms: Terms) -> bytes:
    """The certificate of a load (the order of its fields is known from one source)."""
    return tac(key, new_balance + counter + terms.whole)


def check_algorithm(algorithm: int) -> None:
    """Refuse SM4: with which data it makes these MACs is not known."""
    if algorithm == SM4:
        raise NotVerifiable(f"algorithm {algorithm:02X}: its MACs are not known")
