# SPDX-License-Identifier: MIT
"""What a transaction claims, computed again.

That is certificates, signatures, cryptograms, answers and scripts of the issuer. Each proof names
the bytes it is about. "Not checkable" says what is missing: a key, half of the capture, a method.
Which method computes a cryptogram is a matter of the scheme (crypto/methods).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from functools import partial

from ...core import tlv
from ...core.apdu import is_secure
from ...core.codec import parse_bcd, parse_date, to_hex
from ...core.errors import NotVerifiable
from ...core.model import Evidence, Exchange, Proof, record
from ...crypto import methods
from ...crypto.keyring import Key, KeyUse, fitting, shipped
from .authenticity import MAX_EACH, Case, Recovered, attempt, authentication, opened
from .authenticity_sm2 import authentication_sm2, is_sm2
from .data import Element
from .dialogue import Dialogue, cryptogram, dialogue, is_read
from .transaction import Transaction

# The lengths of methods.TERMINAL.
_SIZES = (6, 6, 2, 5, 2, 3, 1, 4)
_FOR_CRYPTOGRAMS: tuple[KeyUse, ...] = ("imk-ac", "mk-ac", "session")
_FOR_SCRIPT_MACS: tuple[KeyUse, ...] = ("imk-smi", "mk-smi")
_MAC_LENGTHS = (8, 4)
_ANSWER = "issuer's answer (ARPC)"
_SCRIPT = "script MAC"
# The MAC of the electronic cash in issuer application data (PBOC 3.0 Part 13).
_BALANCE_PROOF = "MAC of the balance"
_BALANCE_MAC = "MAC"
Values = dict[str, bytes]


def proofs(
    transaction: Transaction,
    keys: Sequence[Key] | None = None,
    d: Dialogue | None = None,
) -> list[Proof]:
    """Every check that this transaction allows, with these keys, else with the shipped ones.

    `d` is its dialogue, where the caller has it already.
    """
    case = _case(transaction, keys, d)
    if is_sm2(case):
        return [*authentication_sm2(case), *_cryptograms(case)]
    return [*authentication(case), *_cryptograms(case)]


def recovered(
    transaction: Transaction,
    keys: Sequence[Key] | None = None,
    d: Dialogue | None = None,
) -> list[Recovered]:
    """The public keys that its certificates hold, as far as they open."""
    return opened(_case(transaction, keys, d))


def _case(
    transaction: Transaction,
    keys: Sequence[Key] | None,
    d: Dialogue | None,
) -> Case:
    if d is None:
        d = dialogue(transaction.exchanges)
    psn = None
    sequence_number = d.answered("5F34")
    if sequence_number:
        psn = parse_bcd(sequence_number.value)
    day = None
    transaction_date = d.sent("9A")
    if transaction_date:
        day = parse_date(transaction_date.value)
    if keys is None:
        keys = shipped()
    return Case(
        d=d,
        rid=transaction.aid[:10],
        pan=d.pan,
        psn=psn or "00",
        day=day,
        keys=keys,
    )


@record
class _Opened:
    """A cryptogram whose key is known: what the issuer's answer is computed from."""

    method: methods.Method
    card: bytes = field(repr=False)
    values: Values
    ac: bytes
    note: str


@record
class _Candidate:
    """A key of the card, the key it comes from, and the method that uses it."""

    key: Key
    card: bytes = field(repr=False)
    method: methods.Method


def _cryptograms(case: Case) -> Iterator[Proof]:
    """The card's cryptograms, then what the issuer answered to the first (EMV 4.4 Book 2, 8, 9)."""
    d, values = case.d, _values(case)
    first: _Opened | None = None
    if d.first and is_read(d.first):
        proof, first = _cryptogram_proof(case, d.first, values)
        yield proof
    if d.second and is_read(d.second):
        for tag in methods.TERMINAL:
            element = d.sent(tag, at=d.second)
            if element:
                values[tag] = element.value
        proof, _ = _cryptogram_proof(case, d.second, values)
        yield proof
    balance = d.answered("9F10", at=d.first) if d.first else None
    if case.rid == methods.UNIONPAY and balance and balance.part(_BALANCE_MAC):
        proof, _ = attempt(_BALANCE_PROOF, partial(_balance, case, balance), balance)
        yield proof
    for answer in d.all("91", "command")[:MAX_EACH]:
        proof, _ = attempt(_ANSWER, partial(_answer, first, answer.value), answer)
        yield proof
    yield from _scripts(case)


def _scripts(case: Case) -> Iterator[Proof]:
    """The MAC of each command of the issuer."""
    secured = [
        exchange
        for exchange in case.d.exchanges
        if exchange.command and is_secure(exchange.command.cla)
    ]
    for exchange in secured[:MAX_EACH]:
        size = len(exchange.command.raw) if exchange.command else 0
        evidence = Evidence(exchange.index, "command", 0, size)
        proof, _ = attempt(_SCRIPT, partial(_script, case, exchange), evidence)
        yield proof


def _values(case: Case) -> Values:
    """What the terminal sent before the first cryptogram, by tag, and the AIP."""
    d = case.d
    values = {}
    for tag in methods.TERMINAL:
        element = d.sent(tag)
        if element:
            values[tag] = element.value
    if case.rid == methods.MASTERCARD:
        values |= _values_by_place(case)
    values["82"] = case.value("82")
    return values


def _values_by_place(case: Case) -> Values:
    """The first values of CDOL1, which M/Chip signs whatever tags the list gives them."""
    d = case.d
    cdol = d.answered("8C")
    command = d.first.command if d.first else None
    if cdol is None or command is None:
        return {}
    sizes = tuple(size for _, size in tlv.dol(cdol.value)[: len(_SIZES)])
    if sizes != _SIZES or len(command.data) < sum(_SIZES):
        return {}
    values = {}
    start = 0
    for tag, size in zip(methods.TERMINAL, _SIZES, strict=True):
        values[tag] = command.data[start : start + size]
        start += size
    return values


def _cryptogram_proof(
    case: Case, exchange: Exchange, values: Values
) -> tuple[Proof, _Opened | None]:
    """One cryptogram, with the bytes of the answer that hold it."""
    kind, _ = cryptogram(exchange)
    name = f"cryptogram {kind}".rstrip()
    elements = [case.d.answered(tag, at=exchange) for tag in ("9F26", "9F4B", "9F10")]
    return attempt(name, partial(_cryptogram, case, exchange, values, name), *elements)


def _cryptogram(
    case: Case, exchange: Exchange, values: Values, name: str
) -> tuple[Proof, _Opened | None]:
    """One cryptogram, with every key that is for this card.

    A published test key that does not make it proves nothing.
    """
    iad, atc = case.answered("9F10", "9F36", at=exchange)
    ac = _ac(case, exchange)
    if not ac:
        raise NotVerifiable("the cryptogram is inside the signature, which could not be opened")
    method = methods.method(case.rid, iad.value)
    values["9F36"] = atc.value
    candidates = _candidates(case, method, _FOR_CRYPTOGRAMS)
    for candidate in candidates:
        way = candidate.method
        if methods.compute(way, candidate.card, values, iad.value) == ac:
            note = _note(candidate.key)
            opened_ac = _Opened(way, candidate.card, dict(values), ac, note)
            return Proof(name, "verified", f"{method.name}, {note}"), opened_ac
    published = [item.key.note for item in candidates if item.key.published]
    is_given = len(published) < len(candidates)
    if is_given and method.checked != "memory":
        return Proof(name, "failed", f"{method.name}: no key given makes {to_hex(ac)}"), None
    reason = f"{method.name}: no master key given"
    if is_given:
        reason = f"{method.name}: no key given makes it, and what it signs is not known for certain"
    if any(published):
        reason += f"; {', '.join(published)} does not make it"
    raise NotVerifiable(reason)


def _ac(case: Case, exchange: Exchange) -> bytes:
    """The cryptogram of an answer, in clear or inside the signature of CDA."""
    element = case.d.answered("9F26", at=exchange)
    if element:
        return element.value
    return case.inside.get(exchange.index, b"")


def _note(key: Key) -> str:
    return key.note or "with the key given"


def _candidates(case: Case, method: methods.Method, uses: tuple[KeyUse, ...]) -> list[_Candidate]:
    """The card's keys that come from the keys given; a session key is used as it stands."""
    candidates = []
    for key in fitting(case.keys, *uses, rid=case.rid, pan=case.pan):
        if key.use == "session":
            as_it_stands = replace(method, session="card")
            candidates.append(_Candidate(key, key.value, as_it_stands))
        elif not key.use.startswith("imk"):
            candidates.append(_Candidate(key, key.value, method))
        elif case.pan:
            derived = methods.card_key_of(method, key.value, case.pan, case.psn)
            candidates.append(_Candidate(key, derived, method))
    return candidates


def _balance(case: Case, iad: Element) -> tuple[Proof, None]:
    """The MAC of the balance that the card answered."""
    method = methods.method(case.rid, iad.value)
    [atc] = case.answered("9F36", at=case.d.first)
    balance = iad.part("electronic cash balance")
    stated = iad.part(_BALANCE_MAC)
    candidates = _candidates(case, method, _FOR_SCRIPT_MACS)
    for candidate in candidates:
        if methods.balance_mac(method, candidate.card, atc.value, balance) == stated:
            reason = f"{method.name}, {_note(candidate.key)}"
            return Proof(_BALANCE_PROOF, "verified", reason), None
    if candidates:
        reason = "no key given makes it, and what it covers is not known for certain"
        raise NotVerifiable(f"{method.name}: {reason}")
    raise NotVerifiable(f"{method.name}: no key for script MACs given")


def _answer(first: _Opened | None, answer: bytes) -> tuple[Proof, None]:
    """The issuer's cryptogram in issuer authentication data (8.2)."""
    if first is None:
        raise NotVerifiable("the key of the first cryptogram is not known")
    computed = methods.answer(first.method, first.card, first.values, first.ac, answer)
    stated = answer[: len(computed)]
    if stated != computed:
        reason = f"ARPC is {to_hex(stated)}, computed {to_hex(computed)}"
        return Proof(_ANSWER, "failed", reason), None
    return Proof(_ANSWER, "verified", f"{first.method.name}, {first.note}"), None


def _script(case: Case, exchange: Exchange) -> tuple[Proof, None]:
    """The MAC at the end of a command of the issuer, 8 or 4 bytes (9.2)."""
    command = exchange.command
    if command is None or len(command.data) < min(_MAC_LENGTHS):
        raise NotVerifiable("no MAC in this command")
    iad, atc = case.answered("9F10", "9F36", at=case.d.first)
    ac = _ac(case, case.d.first) if case.d.first else b""
    method = methods.method(case.rid, iad.value)
    header = command.raw[:5]
    candidates = _candidates(case, method, _FOR_SCRIPT_MACS)
    for candidate in candidates:
        for size in _MAC_LENGTHS:
            data = command.data[:-size]
            mac = command.data[-size:]
            computed = methods.command_mac(
                method,
                candidate.card,
                header,
                data,
                atc.value,
                ac,
            )
            if computed[:size] == mac:
                reason = f"{method.name}, {_note(candidate.key)}"
                return Proof(_SCRIPT, "verified", reason), None
    if any(not candidate.key.published for candidate in candidates):
        return Proof(_SCRIPT, "failed", f"{method.name}: no key given makes this MAC"), None
    raise NotVerifiable(f"{method.name}: no key for script MACs given")
