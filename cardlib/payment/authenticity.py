# SPDX-License-Identifier: MIT
"""Offline data authentication computed again from a transaction (EMV 4.4 Book 2, 5 to 7)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from datetime import date

from .. import tlv
from ..apps import emv
from ..codec import to_hex
from ..crypto import oda
from ..crypto.keyring import Key, fitting
from ..crypto.rsa import PublicKey
from ..errors import NotVerifiable
from ..model import Evidence, Exchange, Proof, record
from .data import Found, static_data
from .dialogue import Dialogue, ins_of

_NAMES = {"8F": "index of the scheme's key", "90": "issuer certificate", "9F32": "exponent of the issuer's key"}
_NAMES |= {"9F47": "exponent of the card's key", "9F2E": "exponent of the PIN key", "9F37": "unpredictable number"}
_NAMES |= {"9F10": "issuer application data", "9F36": "transaction counter", "5A": "PAN", "9F02": "amount"}
_NAMES |= {"5F2A": "currency", "9F69": "card authentication related data", "9F27": "cryptogram information data"}
_CARD = ("9F46", ("9F47", "9F48"), "card certificate")
_PIN = ("9F2D", ("9F2E", "9F2F"), "PIN certificate")
UNKNOWN = "the issuer's key is not known"
MAX_EACH = 100  # signatures, answers, scripts looked at in one transaction
_ORDER = {"verified": 0, "failed": 1, "not checkable": 2}


@record
class Case:
    """A transaction with the keys that may be tried, and whose card it is."""

    d: Dialogue
    rid: str
    pan: str
    psn: str
    day: date | None
    keys: Sequence[Key]
    inside: dict[int, bytes] = field(default_factory=dict)  # cryptograms that CDA signed, by the index of the exchange

    def told(self, *tags: str, at: Exchange | None = None) -> list[Found]:
        """What the card told; NotVerifiable names what is not there."""
        return there({tag: self.d.told(tag, at=at) for tag in tags})

    def value(self, tag: str) -> bytes:
        one = self.d.told(tag)
        return one.value if one else b""


def there(found: dict[str, Found | None]) -> list[Found]:
    """The data elements, all of them; else NotVerifiable names what is missing."""
    if missing := [f"{_NAMES.get(tag, tag)} ({tag})" for tag, one in found.items() if one is None]:
        raise NotVerifiable(f"no {', no '.join(missing)} in this capture")
    return [one for one in found.values() if one]


def shown(proof: Proof, *about: Found | None, reason: str = "") -> Proof:
    """A proof with the bytes that it is about, and with a reason where it is verified and has none."""
    evidence = tuple(one.evidence for one in about if one)
    return replace(proof, evidence=evidence, reason=proof.reason or (reason if proof.verdict == "verified" else ""))


def left_open(name: str, reason: str, *about: Found | None) -> Proof:
    """What cannot be checked, and why."""
    return shown(Proof(name, "not checkable", reason), *about)


def authentication(case: Case) -> Iterator[Proof]:
    """Certificates from the scheme down to the card, then what the card signed (EMV 4.4 Book 2, 5 to 7)."""
    if not any(case.d.told(tag) for tag in ("90", "93", "9F46", "9F4B")):
        return
    first, issuer = _issuer(case)
    yield first
    static = static_data(case.d.exchanges)
    why = "; ".join(static.missing)
    if signed := case.d.told("93"):
        if issuer and static.complete:
            yield shown(oda.static_data(issuer, signed.value, static.value), signed)
        else:
            yield left_open("SDA", why if issuer else UNKNOWN, signed)
    card: PublicKey | None = None
    pin: PublicKey | None = None
    if certificate := case.d.told("9F46"):
        value = static.value if static.complete else None
        proof, card = _card(case, issuer, certificate, _CARD[1], value, _CARD[2], why)
        yield proof
    if certificate := case.d.told("9F2D"):
        proof, pin = _card(case, issuer, certificate, _PIN[1], b"", _PIN[2], "")
        yield proof
    for one in case.d.all("9F4B", "response")[:MAX_EACH]:
        yield from _dynamic(case, card, one)
    for exchange in case.d.commands(emv.VERIFY)[:MAX_EACH]:
        if exchange.command and exchange.command.p2 == 0x88 and (key := pin or card):
            where = Evidence(exchange.index, "command", 0, len(exchange.command.raw))
            yield replace(oda.enciphered_pin(key, exchange.command.data, b""), evidence=(where,))


@record
class Recovered:
    """A public key that a certificate holds."""

    name: str
    key: PublicKey = field(repr=False)
    evidence: Evidence


def opened(case: Case) -> list[Recovered]:
    """The keys of the issuer, of the card and for its PIN, as far as the certificates open."""
    first, issuer = _issuer(case)
    held = [Recovered(first.name, issuer, first.evidence[0])] if issuer and first.evidence else []
    for tag, rest, name in (_CARD, _PIN):
        if certificate := case.d.told(tag):
            _, key = _card(case, issuer, certificate, rest, None, name, "")
            held += [Recovered(name, key, certificate.evidence)] if key else []
    return held


def _issuer(case: Case) -> tuple[Proof, PublicKey | None]:
    name = "issuer certificate"
    try:
        index, certificate, exponent = case.told("8F", "90", "9F32")
    except NotVerifiable as error:
        return left_open(name, error.reason), None
    number = to_hex(index.value)
    candidates = fitting(case.keys, "ca-public", rid=case.rid, pan=case.pan, index=number)
    if not candidates:
        return left_open(
            name, f"no public key with index {number} of {case.rid or 'an unknown scheme'} is known", index
        ), None
    values = certificate.value, case.value("92"), exponent.value, case.pan, case.day
    tried = [(*oda.issuer_certificate(key.public, *values), key) for key in candidates]
    proof, issuer, key = min(tried, key=lambda one: _ORDER[one[0].verdict])
    late = bool(case.day and key.expires and case.day > key.expires)
    reason = f"with key {number} of the scheme ({key.note})" + (f", which expired on {key.expires}" if late else "")
    return shown(proof, certificate, index, reason=reason), issuer


def _card(
    case: Case,
    issuer: PublicKey | None,
    certificate: Found,
    tags: tuple[str, str],
    static: bytes | None,
    name: str,
    missing: str,
) -> tuple[Proof, PublicKey | None]:
    if issuer is None:
        return left_open(name, UNKNOWN, certificate), None
    try:
        [exponent] = case.told(tags[0])
    except NotVerifiable as error:
        return left_open(name, error.reason, certificate), None
    rest = case.value(tags[1]), exponent.value, static, case.pan, case.day
    proof, key = oda.card_certificate(issuer, certificate.value, *rest, name=name, missing=missing)
    return shown(proof, certificate), key


def _dynamic(case: Case, card: PublicKey | None, signed: Found) -> Iterator[Proof]:
    """The card's own signature: DDA in INTERNAL AUTHENTICATE, CDA in GENERATE AC, else fDDA."""
    exchange, d = signed.exchange, case.d
    name = {emv.INTERNAL_AUTHENTICATE: "DDA", emv.GENERATE_AC: "CDA"}.get(ins_of(exchange) or 0, "fDDA")
    number = d.sent("9F37", at=exchange) or d.sent("9F37")
    try:
        if card is None:
            raise NotVerifiable("the card's key is not known")
        if name == "DDA":
            data = exchange.command.data if exchange.command else b""
        elif name == "CDA":
            data = there({"9F37": number})[0].value
        else:
            parts = there({"9F37": number, "9F02": d.sent("9F02"), "5F2A": d.sent("5F2A"), "9F69": d.told("9F69")})
            data = b"".join(one.value for one in parts)
    except NotVerifiable as error:
        yield left_open(name, error.reason, signed)
        return
    proof, dynamic = oda.dynamic_data(card, signed.value, data, name)
    yield shown(proof, signed, number if name != "DDA" else None)
    if name == "CDA" and dynamic:
        try:
            case.inside[exchange.index] = oda.combined(dynamic).ac
            [cid], transaction = case.told("9F27", at=exchange), _transaction_data(case, exchange)
            yield shown(oda.transaction_data(dynamic, cid.value, transaction), signed, cid)
        except NotVerifiable as error:
            yield left_open("CDA transaction data", error.reason, signed)


def _transaction_data(case: Case, exchange: Exchange) -> bytes:
    """What CDA hashes: the values of PDOL and CDOL, then the answer without 9F4B (EMV 4.4 Book 2, 6.6.2)."""
    d = case.d
    if not (gpo := [one for one in d.commands(emv.GPO) if one.index < exchange.index]) or not d.first:
        raise NotVerifiable("GET PROCESSING OPTIONS or the first GENERATE AC is not in this capture")
    generated = [d.first.command] + ([exchange.command] if exchange is not d.first else [])
    asked = gpo[-1].command
    sent = tlv.first(asked.data, "83").get("83", b"") if asked else b""
    sent += b"".join(command.data for command in generated if command)
    answer = exchange.response.data if exchange.response else b""
    rows = [row for row in tlv.scan(answer) if row[1] == 1 and row[0] != "9F4B"]
    return sent + b"".join(answer[start:stop] for _, _, start, _, stop, _ in rows)
