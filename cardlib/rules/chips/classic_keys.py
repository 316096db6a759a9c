# SPDX-License-Identifier: MIT
"""The rule about published keys of MIFARE Classic: seen on their way to a reader, or tried on what was heard."""

from __future__ import annotations

from collections.abc import Iterator

from ...apps.instructions import LOAD_KEYS, READER
from ...core.model import Evidence, Exchange, record
from ...crypto.crypto1 import makes_answer
from ...crypto.defaults import is_meant_for_all, name_of, published
from ...road.tunnel import inner_of
from ..engine import Case, Missing, Result, Results, Step, fails_if, rule, steps, whole_half
from ..sources import DKGHG08
from .ciphers import CLASSIC_AUTHENTICATIONS, KEY_A, NONCE_SIZE, PROOF_SIZE
from .dialogue import code_of, data_of, done, numbers_of_cards
from .keys import LISTS, MOST

KEY_SIZE = 6
READER_AUTHENTICATION = 0x86
READER_AUTHENTICATION_SIZE = (
    5  # version, block (2), kind of key, number of key (PC/SC part 3, 3.2.2.1.6)
)
SECTOR = 4  # blocks, as far as a key for all is concerned


@record
class Lock:
    """What a key was shown to: the block, whether as key A, and the bytes that show it."""

    block: int
    is_key_a: bool
    place: Evidence

    def opened_with(self, key: bytes) -> Result:
        """Whether a key that this accepted is published, and not meant to be."""
        name = name_of("classic", key)
        sector = self.block // SECTOR
        is_for_all = self.is_key_a and is_meant_for_all(key, sector)
        detail = f"block {self.block}: {name or 'a key in no public list here'}"
        if is_for_all:
            detail += ", which all readers are meant to know"
        is_open = name and not is_for_all
        return fails_if(is_open, detail, self.place)


@record
class Proof:
    """An authentication over the air, its values as they were sent."""

    lock: Lock
    uid: bytes
    nonce: bytes
    sent: bytes

    def is_made_with(self, key: bytes) -> bool:
        """Whether a key makes what the reader sent."""
        reader_nonce, reader_answer = self.sent[:NONCE_SIZE], self.sent[NONCE_SIZE:]
        return makes_answer(key, self.uid, self.nonce, reader_nonce, reader_answer)


@rule("M02", "critical", "a published key opens the sector", f"{DKGHG08}; {LISTS}")
def published_classic_key(case: Case) -> Results:
    """A key of MIFARE Classic that stands in data sheets or public lists was accepted: anyone can read or change the
    sector. The key was seen on its way to the reader, or it produces the answers heard over the air. Keys A with which
    all readers read application directories and NDEF are meant to be known. Do: give each card keys of its own.
    """
    for lock, key in _keys_in_clear(case):
        yield lock.opened_with(key)
    proofs = list(_proofs(case))
    for proof in proofs[:MOST]:
        yield _tried(proof)
    if len(proofs) > MOST:
        raise Missing(f"keys were tried on {MOST} of {len(proofs)} authentications")


def _tried(proof: Proof) -> Result:
    lock = proof.lock
    keys = published("classic")
    for key in keys:
        if proof.is_made_with(key):
            return lock.opened_with(key)
    detail = f"block {lock.block}: none of {len(keys)} published keys"
    return fails_if(False, detail, lock.place)


def _keys_in_clear(case: Case) -> Iterator[tuple[Lock, bytes]]:
    """Keys that a reader was given and the card accepted."""
    loaded: dict[tuple[int, int], Exchange] = {}
    for exchange in case.exchanges:
        command = exchange.command
        if exchange.index in case.broken or command is None:
            loaded.clear()  # another key may have been loaded here
            continue
        inner = inner_of(exchange)
        if inner and inner.command.protocol == "classic" and inner.response:
            if not inner.response.status:
                data = inner.command.data  # block, key, number of the card (NXP UM0701-02, 7.3.8)
                lock = Lock(data[0], inner.command.code == KEY_A, data_of(exchange))
                yield lock, data[1 : 1 + KEY_SIZE]
        elif command.cla != READER or not done(exchange):
            continue
        elif command.ins == LOAD_KEYS and len(command.data) == KEY_SIZE:
            loaded[exchange.session, command.p2] = exchange
        elif command.ins == READER_AUTHENTICATION:
            yield from _key_of_reader(exchange.session, command.data, loaded)


def _key_of_reader(
    session: int, data: bytes, loaded: dict[tuple[int, int], Exchange]
) -> Iterator[tuple[Lock, bytes]]:
    """The key that a reader was told to use, if it was loaded in this session."""
    if len(data) != READER_AUTHENTICATION_SIZE:
        return
    block, kind, number = int.from_bytes(data[1:3]), data[3], data[4]
    holder = loaded.get((session, number))
    if holder and holder.command:
        yield Lock(block, kind == KEY_A, data_of(holder)), holder.command.data


def _proofs(case: Case) -> Iterator[Proof]:
    """The authentications that a card accepted, whose nonce came in clear and whose number is seen."""
    numbers = numbers_of_cards(case)
    asked: Step | None = None
    for step in steps(case):
        protocol, code = code_of(step.exchange)
        if protocol == "classic" and code in CLASSIC_AUTHENTICATIONS and step.command.data:
            asked = step
            continue
        uid = numbers.get(step.exchange.index, b"")[-NONCE_SIZE:]
        if asked and uid and _is_proof(asked, step):
            place = whole_half(step.exchange)
            lock = Lock(asked.command.data[0], asked.command.code == KEY_A, place)
            yield Proof(lock, uid, asked.response.raw, step.command.raw)
        asked = None


def _is_proof(asked: Step, step: Step) -> bool:
    """Whether reader and card prove a key to each other directly after the nonce."""
    follows = step.exchange.index == asked.exchange.index + 1
    sizes = len(step.command.raw), len(step.response.raw), len(asked.response.raw)
    is_encrypted = step.exchange.protocol == "crypto1"
    return follows and is_encrypted and sizes == (2 * NONCE_SIZE, PROOF_SIZE, NONCE_SIZE)
