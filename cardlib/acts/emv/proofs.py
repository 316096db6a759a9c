# SPDX-License-Identifier: MIT
"""What a transaction claims, computed again: certificates, signatures, cryptograms, answers and scripts of the issuer.

Each proof names the bytes it is about. "Not checkable" says what is missing: a key, half of the capture, a method.
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
from ...crypto.keys import card_key
from .authenticity import MAX_EACH, Case, Recovered, attempt, authentication, opened
from .dialogue import Dialogue, cryptogram, dialogue, is_read
from .transaction import Transaction

_SIZES = (6, 6, 2, 5, 2, 3, 1, 4)  # of methods.TERMINAL
_USES: dict[str, tuple[KeyUse, ...]] = {
    "ac": ("imk-ac", "mk-ac", "session"),
    "smi": ("imk-smi", "mk-smi"),
}


def proofs(
    transaction: Transaction, keys: Sequence[Key] | None = None, d: Dialogue | None = None
) -> list[Proof]:
    """Every check that this transaction allows, with the given keys (`crypto.keyring`), else with the shipped ones.

    `d`: its dialogue, where the caller has it already.
    """
    case = _case(transaction, keys, d)
    return [*authentication(case), *_cryptograms(case)]


def recovered(
    transaction: Transaction, keys: Sequence[Key] | None = None, d: Dialogue | None = None
) -> list[Recovered]:
    """The public keys that its certificates hold, as far as they open."""
    return opened(_case(transaction, keys, d))


def _case(transaction: Transaction, keys: Sequence[Key] | None, d: Dialogue | None) -> Case:
    if d is None:
        d = dialogue(transaction.exchanges)
    psn, day = d.told("5F34"), d.sent("9A")
    return Case(
        d=d,
        rid=transaction.aid[:10],
        pan=d.pan,
        psn=(parse_bcd(psn.value) if psn else "") or "00",
        day=parse_date(day.value) if day else None,
        keys=shipped() if keys is None else keys,
    )


@record
class _Made:
    """A cryptogram whose key was found: what the issuer's answer and its scripts are computed from."""

    how: methods.Method
    card: bytes = field(repr=False)
    values: dict[str, bytes]
    ac: bytes
    note: str


def _cryptograms(case: Case) -> Iterator[Proof]:
    """The cryptograms of the card, then what the issuer answered to the first (EMV 4.4 Book 2, 8 and 9)."""
    d, values = case.d, _values(case)
    made: _Made | None = None
    for exchange in (d.first, d.second):
        if exchange is None or not is_read(exchange):
            continue
        if exchange is d.second:
            values |= {
                tag: one.value for tag in methods.TERMINAL if (one := d.sent(tag, at=exchange))
            }
        name = f"cryptogram {cryptogram(exchange)[0]}".rstrip()
        about = (d.told(tag, at=exchange) for tag in ("9F26", "9F4B", "9F10"))
        proof, found = attempt(name, partial(_cryptogram, case, exchange, values, name), *about)
        yield proof
        made = made if exchange is d.second else found
    for given in d.all("91", "command")[:MAX_EACH]:
        name = "issuer's answer (ARPC)"
        yield attempt(name, partial(_answer, made, given.value, name), given)[0]
    secure = [one for one in d.exchanges if one.command and is_secure(one.command.cla)]
    for exchange in secure[:MAX_EACH]:
        where = Evidence(
            exchange.index, "command", 0, len(exchange.command.raw) if exchange.command else 0
        )
        yield attempt("script MAC", partial(_script, case, exchange, "script MAC"), where)[0]


def _values(case: Case) -> dict[str, bytes]:
    """What the terminal sent before the first cryptogram, by tag.

    M/Chip signs the first values of CDOL1 by their place, whatever tags the list gives them.
    """
    d = case.d
    found = {tag: one.value for tag in methods.TERMINAL if (one := d.sent(tag))}
    cdol, command = d.told("8C"), d.first.command if d.first else None
    if case.rid == methods.MASTERCARD and cdol and command:
        sizes = tuple(size for _, size in tlv.dol(cdol.value)[: len(_SIZES)])
        if sizes == _SIZES and len(command.data) >= sum(_SIZES):
            starts = [sum(_SIZES[:place]) for place in range(len(_SIZES))]
            cuts = zip(methods.TERMINAL, starts, _SIZES, strict=True)
            found |= {tag: command.data[start : start + size] for tag, start, size in cuts}
    return found | {"82": case.value("82")}


def _cryptogram(
    case: Case, exchange: Exchange, values: dict[str, bytes], name: str
) -> tuple[Proof, _Made | None]:
    """One cryptogram, with every key that is for this card; a published test key that does not fit proves nothing."""
    (iad, atc), ac = case.told("9F10", "9F36", at=exchange), _ac(case, exchange)
    if not ac:
        raise NotVerifiable("the cryptogram is inside the signature, which could not be opened")
    how, values["9F36"] = methods.method(case.rid, iad.value), atc.value
    tried = list(_card_keys(case, how, "ac"))
    for key, card, way in tried:
        if methods.compute(way, card, values, iad.value) == ac:
            made = _Made(way, card, dict(values), ac, _whose(key))
            return Proof(name, "verified", f"{how.name}, {made.note}"), made
    own = [key for key, *_ in tried if not key.published]
    if own and how.checked != "memory":
        return Proof(name, "failed", f"{how.name}: no key given makes {to_hex(ac)}"), None
    public = ", ".join(key.note for key, *_ in tried if key.published)
    reason = (
        "no key given makes it, and what it signs is not known for certain"
        if own
        else "no master key given"
    )
    raise NotVerifiable(
        f"{how.name}: {reason}" + (f"; {public} does not make it" if public else "")
    )


def _ac(case: Case, exchange: Exchange) -> bytes:
    """The cryptogram of an answer, in clear or inside the signature of CDA."""
    one = case.d.told("9F26", at=exchange)
    return one.value if one else case.inside.get(exchange.index, b"")


def _whose(key: Key) -> str:
    return key.note or "with the key given"


def _card_keys(
    case: Case, how: methods.Method, kind: str
) -> Iterator[tuple[Key, bytes, methods.Method]]:
    """The card's keys that can be had from the keys given; a session key is used as it stands."""
    for key in fitting(case.keys, *_USES[kind], rid=case.rid, pan=case.pan):
        if key.use.startswith("imk"):
            if case.pan:
                yield key, card_key(key.value, case.pan, case.psn, how.option), how
        else:
            yield key, key.value, replace(how, session="card") if key.use == "session" else how


def _answer(made: _Made | None, given: bytes, name: str) -> tuple[Proof, None]:
    """The issuer's cryptogram in issuer authentication data (8.2)."""
    if made is None:
        raise NotVerifiable("the key of the first cryptogram is not known")
    wanted = methods.answer(made.how, made.card, made.values, made.ac, given)
    stated = given[: len(wanted)]
    if stated != wanted:
        return Proof(name, "failed", f"ARPC is {to_hex(stated)}, computed {to_hex(wanted)}"), None
    return Proof(name, "verified", f"{made.how.name}, {made.note}"), None


def _script(case: Case, exchange: Exchange, name: str) -> tuple[Proof, None]:
    """The MAC at the end of a command of the issuer, 8 or 4 bytes (9.2)."""
    command = exchange.command
    if command is None or len(command.data) < 4:
        raise NotVerifiable("no MAC in this command")
    iad, atc = case.told("9F10", "9F36", at=case.d.first)
    ac = _ac(case, case.d.first) if case.d.first else b""
    how = methods.method(case.rid, iad.value)
    tried = list(_card_keys(case, how, "smi"))
    for key, card, _ in tried:
        for size in (8, 4):
            data, mac = command.data[:-size], command.data[-size:]
            if methods.command_mac(how, card, command.raw[:5], data, atc.value, ac)[:size] == mac:
                return Proof(name, "verified", f"{how.name}, {_whose(key)}"), None
    if any(not key.published for key, *_ in tried):
        return Proof(name, "failed", f"{how.name}: no key given makes this MAC"), None
    raise NotVerifiable(f"{how.name}: no key for script MACs given")
