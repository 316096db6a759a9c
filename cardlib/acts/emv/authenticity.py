# SPDX-License-Identifier: MIT
"""Offline data authentication computed again from a transaction (EMV 4.4 Book 2, 5 to 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace
from datetime import date
from typing import TypeVar, get_args

from ...apps import emv, iso7816
from ...core import tlv
from ...core.codec import to_hex
from ...core.dictionary import facts
from ...core.errors import NotVerifiable
from ...core.model import Evidence, Exchange, Outcome, Proof, record
from ...crypto import oda
from ...crypto.keyring import Key, fitting
from ...crypto.rsa import PublicKey
from .data import Found, StaticData, evidence_of, static_data
from .dialogue import Dialogue, ins_of

# certificate, exponent and remainder of a key of the card
_CARD = ("9F46", "9F47", "9F48", "card certificate")
_PIN = ("9F2D", "9F2E", "9F2F", "PIN certificate")
MAX_EACH = 100  # signatures, answers, scripts looked at in one transaction
T = TypeVar("T")


@record
class Case:
    """A transaction with the keys that may be tried, and whose card it is."""

    d: Dialogue
    rid: str
    pan: str
    psn: str
    day: date | None
    keys: Sequence[Key]
    inside: dict[int, bytes] = field(
        default_factory=dict
    )  # cryptograms that CDA signed, by the index of the exchange

    def told(self, *tags: str, at: Exchange | None = None) -> list[Found]:
        """What the card told; NotVerifiable names what is not there."""
        return there({tag: self.d.told(tag, at=at) for tag in tags})

    def value(self, tag: str) -> bytes:
        one = self.d.told(tag)
        return one.value if one else b""


def there(found: dict[str, Found | None]) -> list[Found]:
    """The data elements, all of them; else NotVerifiable names what is missing."""
    names = facts("emv", "visa")
    if missing := [f"{tag} {names.find(tag).name}" for tag, one in found.items() if one is None]:
        raise NotVerifiable(f"no {', no '.join(missing)} in this capture")
    return [one for one in found.values() if one]


def attempt(
    name: str, check: Callable[[], tuple[Proof, T]], *about: Found | Evidence | None
) -> tuple[Proof, T | None]:
    """A check with the bytes that it is about, and what it found; "not checkable" where something is missing."""
    found: T | None = None
    try:
        proof, found = check()
    except NotVerifiable as error:
        proof = Proof(name, "not checkable", error.reason)
    return replace(proof, evidence=evidence_of(*about)), found


def _known(key: PublicKey | None, whose: str) -> PublicKey:
    if key is None:
        raise NotVerifiable(f"the {whose}'s key is not known")
    return key


def authentication(case: Case) -> Iterator[Proof]:
    """Certificates from the scheme down to the card, then what the card signed (EMV 4.4 Book 2, 5 to 7)."""
    if not any(case.d.told(tag) for tag in ("90", "93", "9F46", "9F4B")):
        return
    proof, issuer = _issuer(case)
    yield proof
    static = static_data(case.d.exchanges)
    if signed := case.d.told("93"):
        yield attempt("SDA", lambda: (_static(issuer, signed.value, static), None), signed)[0]
    value = static.value if static.complete else None
    card = pin = None
    if case.d.told("9F46"):
        proof, card = _card(case, issuer, _CARD, value, "; ".join(static.missing))
        yield proof
    if case.d.told("9F2D"):
        proof, pin = _card(case, issuer, _PIN, b"")
        yield proof
    for one in case.d.all("9F4B", "response")[:MAX_EACH]:
        yield from _dynamic(case, card, one)
    for exchange in case.d.commands(iso7816.VERIFY)[:MAX_EACH]:
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
    issuer = _issuer(case)
    tried = [
        issuer,
        *(_card(case, issuer[1], kind, None) for kind in (_CARD, _PIN) if case.d.told(kind[0])),
    ]
    return [Recovered(proof.name, key, proof.evidence[0]) for proof, key in tried if key]


def _issuer(case: Case) -> tuple[Proof, PublicKey | None]:
    def check() -> tuple[Proof, PublicKey | None]:
        index, certificate, exponent = case.told("8F", "90", "9F32")
        number = to_hex(index.value)
        candidates = fitting(case.keys, "ca-public", rid=case.rid, pan=case.pan, index=number)
        if not candidates:
            raise NotVerifiable(
                f"no public key with index {number} of {case.rid or 'an unknown scheme'} is known"
            )
        values = certificate.value, case.value("92"), exponent.value, case.pan, case.day
        tried = [(*oda.issuer_certificate(key.public, *values), key) for key in candidates]
        proof, issuer, key = min(tried, key=lambda one: get_args(Outcome).index(one[0].verdict))
        late = (
            f", which expired on {key.expires}"
            if case.day and key.expires and case.day > key.expires
            else ""
        )
        reason = f"with key {number} of the scheme ({key.note}){late}"
        return replace(proof, reason=proof.reason or reason), issuer

    return attempt("issuer certificate", check, case.d.told("90"), case.d.told("8F"))


def _static(issuer: PublicKey | None, signed: bytes, static: StaticData) -> Proof:
    key = _known(issuer, "issuer")
    if not static.complete:
        raise NotVerifiable("; ".join(static.missing))
    return oda.static_data(key, signed, static.value)


def _card(
    case: Case,
    issuer: PublicKey | None,
    tags: tuple[str, str, str, str],
    static: bytes | None,
    missing: str = "",
) -> tuple[Proof, PublicKey | None]:
    certificate, exponent, remainder, name = tags

    def check() -> tuple[Proof, PublicKey | None]:
        key = _known(issuer, "issuer")
        signed, public = case.told(certificate, exponent)
        rest = case.value(remainder), public.value, static, case.pan, case.day
        return oda.card_certificate(key, signed.value, *rest, name=name, missing=missing)

    return attempt(name, check, case.d.told(certificate))


def _dynamic(case: Case, card: PublicKey | None, signed: Found) -> Iterator[Proof]:
    """The card's own signature: DDA in INTERNAL AUTHENTICATE, CDA in GENERATE AC, else fDDA."""
    exchange, d = signed.exchange, case.d
    name = {iso7816.INTERNAL_AUTHENTICATE: "DDA", emv.GENERATE_AC: "CDA"}.get(
        ins_of(exchange) or 0, "fDDA"
    )
    number = None if name == "DDA" else d.sent("9F37", at=exchange) or d.sent("9F37")

    def check() -> tuple[Proof, bytes]:
        key, parts = _known(card, "card"), {"9F37": number}
        if name == "DDA":
            return oda.dynamic_data(
                key, signed.value, exchange.command.data if exchange.command else b"", name
            )
        if name == "fDDA":
            parts |= {"9F02": d.sent("9F02"), "5F2A": d.sent("5F2A"), "9F69": d.told("9F69")}
        return oda.dynamic_data(
            key, signed.value, b"".join(one.value for one in there(parts)), name
        )

    proof, dynamic = attempt(name, check, signed, number)
    yield proof
    if name == "CDA" and dynamic:
        about = signed, d.told("9F27", at=exchange)
        yield attempt(
            "CDA transaction data", lambda: (_combined(case, exchange, dynamic), None), *about
        )[0]


def _combined(case: Case, exchange: Exchange, dynamic: bytes) -> Proof:
    case.inside[exchange.index] = oda.combined(dynamic)["cryptogram"]
    [cid] = case.told("9F27", at=exchange)
    return oda.transaction_data(dynamic, cid.value, _transaction_data(case, exchange))


def _transaction_data(case: Case, exchange: Exchange) -> bytes:
    """What CDA hashes: the values of PDOL and CDOL, then the answer without 9F4B (EMV 4.4 Book 2, 6.6.2)."""
    d = case.d
    if (
        not (gpo := [one for one in d.commands(emv.GPO) if one.index < exchange.index])
        or not d.first
    ):
        raise NotVerifiable(
            "GET PROCESSING OPTIONS or the first GENERATE AC is not in this capture"
        )
    generated = [d.first.command] + ([exchange.command] if exchange is not d.first else [])
    asked = gpo[-1].command
    sent = tlv.first(asked.data, "83").get("83", b"") if asked else b""
    sent += b"".join(command.data for command in generated if command)
    answer = exchange.response.data if exchange.response else b""
    rows = [row for row in tlv.scan(answer) if row[1] == 1 and row[0] != "9F4B"]
    return sent + b"".join(answer[start:stop] for _, _, start, _, stop, _ in rows)
