# SPDX-License-Identifier: MIT
"""The MACs and certificates of a purse computed again, with keys that are given (PBOC 2.0 Part 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from ...core.codec import to_hex
from ...core.errors import NotVerifiable
from ...core.model import Evidence, Exchange, Node, Proof, record
from ...crypto import purse
from ...crypto.keyring import Key, KeyUse, fitting
from ...road.meaning import tree
from .deals import Deal

# Rows that may hold the issuer (8 bytes) and, from the 11th byte on, the card number (10 bytes).
_INFORMATION = ("Card information", "Issuer discretionary data of the purse")
_NUMBER_PLACE, _NUMBER_SIZE = 10, 10
_HEADER = 5  # bytes before the data of a command
Compute = Callable[[bytes], bytes]


@record
class Holder:
    """Whose keys are derived: the issuer and the last 8 bytes of the card number; empty where not known."""

    issuer: bytes = b""
    number: bytes = b""


@record
class Check:
    """One MAC: what it is called, where it stands, how a key makes it, and which keys can."""

    name: str
    evidence: Evidence
    stated: bytes
    uses: tuple[KeyUse, KeyUse]
    compute: Compute
    is_certain: bool = True


def holder(exchanges: Iterable[Exchange]) -> Holder:
    """Issuer and card number, from the card's own files."""
    for exchange in exchanges:
        for half in tree(exchange).children:
            value = _information(half)
            if value:
                return Holder(value[:8], value[12:20])
    return Holder()


def _information(node: Node) -> bytes:
    """The bytes of the first row that identifies the card."""
    if node.name in _INFORMATION and any(_is_number(part, node) for part in node.children):
        return node.value
    for child in node.children:
        value = _information(child)
        if value:
            return value
    return b""


def _is_number(part: Node, row: Node) -> bool:
    """Whether this is the card number at its usual place: some cities have it elsewhere."""
    place = part.start - row.body
    return part.name == "card number" and (place, len(part.value)) == (_NUMBER_PLACE, _NUMBER_SIZE)


def proofs(deals: Sequence[Deal], card: Holder, keys: Sequence[Key]) -> Iterator[Proof]:
    """Every MAC of these transactions that stands in the capture."""
    for deal in deals:
        for check in _checks(deal):
            yield _proof(check, deal, card, keys)


def _proof(check: Check, deal: Deal, card: Holder, keys: Sequence[Key]) -> Proof:
    """One MAC with every key that may make it."""
    evidence = (check.evidence,)
    algorithm = _algorithm(deal)
    try:
        purse.check_algorithm(algorithm)
        candidates = list(_candidates(check.uses, card, keys))
        for key, note in candidates:
            if check.compute(key) == check.stated:
                return Proof(check.name, "verified", note, evidence=evidence)
    except NotVerifiable as error:
        return Proof(check.name, "not checkable", error.reason, evidence=evidence)
    if not candidates:
        word = check.uses[0].partition("-")[2]
        return Proof(check.name, "not checkable", f"no {word} key given", evidence=evidence)
    if not check.is_certain:
        reason = "no key given makes it, and what it covers is not known for certain"
        return Proof(check.name, "not checkable", reason, evidence=evidence)
    if algorithm != purse.TRIPLE_DES:
        reason = (
            f"no key given makes it with triple DES, and algorithm {algorithm:02X} is not known"
        )
        return Proof(check.name, "not checkable", reason, evidence=evidence)
    reason = f"no key given makes {to_hex(check.stated)}"
    return Proof(check.name, "failed", reason, evidence=evidence)


def _candidates(
    uses: tuple[KeyUse, KeyUse], card: Holder, keys: Sequence[Key]
) -> Iterator[tuple[bytes, str]]:
    """Keys of the card, with a note: as given, or derived by card number, or by issuer and card number."""
    master, own = uses
    for key in fitting(keys, own):
        yield key.value, key.note or "with the key given"
    if not card.number:
        return
    for key in fitting(keys, master):
        note = key.note or "with the master key given"
        yield purse.diversified(key.value, card.number), note
        of_issuer = purse.diversified(key.value, card.issuer)
        yield purse.diversified(of_issuer, card.number), note


def _algorithm(deal: Deal) -> int:
    """The algorithm that the card named in its answer to INITIALIZE."""
    is_load = deal.kind.answer_size == 16
    place = 7 if is_load else 10
    return deal.opened[place]


def _checks(deal: Deal) -> Iterator[Check]:
    """The MACs of a transaction that stand in the capture."""
    if deal.begun is None or deal.kind.sign == 0:
        return
    if deal.kind.answer_size == 16:
        yield from _load_checks(deal, deal.begun)
    else:
        yield from _purchase_checks(deal)


def _terms(deal: Deal, date_and_time: bytes) -> purse.Terms:
    date, time = date_and_time[:4], date_and_time[4:7]
    return purse.Terms(deal.asked[1:5], deal.code, deal.asked[5:11], date, time)


def _load_checks(deal: Deal, begun: Exchange) -> Iterator[Check]:
    """A load or an unload: MAC1 of the card, MAC2 of the issuer, the certificate."""
    uses: tuple[KeyUse, KeyUse] = ("imk-load", "mk-load")
    opened = deal.opened
    balance, counter, random_number = opened[:4], opened[4:6], opened[8:12]

    def session(key: bytes) -> bytes:
        return purse.load_session_key(key, random_number, counter)

    def mac1(key: bytes) -> bytes:
        return purse.load_mac1(session(key), balance, _terms(deal, b""))

    yield Check(f"MAC1 of a {deal.kind.name}", _answered(begun, 12), opened[12:16], uses, mac1)
    ended = deal.ended
    if ended is None or ended.command is None or len(ended.command.data) < 11:
        return
    sent = ended.command.data

    def mac2(key: bytes) -> bytes:
        return purse.load_mac2(session(key), _terms(deal, sent))

    yield Check(f"MAC2 of a {deal.kind.name}", _sent(ended, 7), sent[7:11], uses, mac2)
    answer = _answer_of(ended)
    if deal.kind.sign < 0 or len(answer) < 4 or deal.after is None:
        return
    after = (deal.after & 0xFFFFFFFF).to_bytes(4, "big")

    def tac(key: bytes) -> bytes:
        return purse.load_tac(key, after, counter, _terms(deal, sent))

    of_tac: tuple[KeyUse, KeyUse] = ("imk-tac", "mk-tac")
    yield Check("TAC of a load", _answered(ended, 0), answer[:4], of_tac, tac, is_certain=False)


def _purchase_checks(deal: Deal) -> Iterator[Check]:
    """A purchase: MAC1 of the terminal's module, then certificate and MAC2 of the card."""
    ended = deal.ended
    if ended is None or ended.command is None or len(ended.command.data) < 15:
        return
    sent = ended.command.data
    terminal_counter = sent[:4]
    terms = _terms(deal, sent[4:11])
    counter, random_number = deal.opened[4:6], deal.opened[11:15]
    name = deal.kind.name

    def session(key: bytes) -> bytes:
        return purse.purchase_session_key(key, random_number, counter, terminal_counter)

    def mac1(key: bytes) -> bytes:
        return purse.purchase_mac1(session(key), terms)

    def mac2(key: bytes) -> bytes:
        return purse.purchase_mac2(session(key), terms.amount)

    def tac(key: bytes) -> bytes:
        return purse.purchase_tac(key, terms, terminal_counter)

    uses: tuple[KeyUse, KeyUse] = ("imk-purchase", "mk-purchase")
    of_tac: tuple[KeyUse, KeyUse] = ("imk-tac", "mk-tac")
    yield Check(f"MAC1 of a {name}", _sent(ended, 11), sent[11:15], uses, mac1)
    answer = _answer_of(ended)
    if len(answer) >= 8:
        yield Check(f"TAC of a {name}", _answered(ended, 0), answer[:4], of_tac, tac)
        yield Check(f"MAC2 of a {name}", _answered(ended, 4), answer[4:8], uses, mac2)
    proved = _answer_of(deal.proof) if deal.proof else b""
    if deal.proof and len(proved) >= 8:
        yield Check(f"MAC2 of a {name}, proved", _answered(deal.proof, 0), proved[:4], uses, mac2)
        yield Check(f"TAC of a {name}, proved", _answered(deal.proof, 4), proved[4:8], of_tac, tac)


def _answer_of(exchange: Exchange) -> bytes:
    return exchange.response.data if exchange.response else b""


def _sent(exchange: Exchange, place: int) -> Evidence:
    """A MAC in the data of a command."""
    start = _HEADER + place
    return Evidence(exchange.index, "command", start, start + purse.MAC_SIZE)


def _answered(exchange: Exchange, place: int) -> Evidence:
    """A MAC in an answer."""
    return Evidence(exchange.index, "response", place, place + purse.MAC_SIZE)
