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
from ...core.errors import NotVerifiable
from ...core.facts import facts
from ...core.model import Evidence, Exchange, Outcome, Proof, record
from ...crypto import oda
from ...crypto.keyring import Key, fitting
from ...crypto.rsa import PublicKey
from .data import Element, StaticData, evidence_of, static_data
from .dialogue import Dialogue, ins_of

# Signatures, answers, scripts looked at in one transaction.
MAX_EACH = 100
# P2 of VERIFY: the PIN is enciphered (EMV Book 3, table 23).
_ENCIPHERED_PIN = 0x88
# The first byte of 9F69: fDDA signs amount and currency, too.
_FAST_VERSION_1 = b"\x01"
_SIGNED_BY = {iso7816.INTERNAL_AUTHENTICATE: "DDA", emv.GENERATE_AC: "CDA"}
T = TypeVar("T")
K = TypeVar("K")
KeyProof = tuple[Proof, PublicKey | None]


@record
class CardKey:
    """A key of the card: the tags of its certificate, its exponent and its remainder."""

    certificate: str
    exponent: str
    remainder: str
    name: str


_CARD = CardKey("9F46", "9F47", "9F48", "card certificate")
_PIN = CardKey("9F2D", "9F2E", "9F2F", "PIN certificate")


@record
class Case:
    """A transaction with the keys that may be tried, and whose card it is.

    `inside` are the cryptograms that CDA signed, by the index of the exchange.
    """

    d: Dialogue
    rid: str
    pan: str
    psn: str
    day: date | None
    keys: Sequence[Key]
    inside: dict[int, bytes] = field(default_factory=dict)

    def answered(self, *tags: str, at: Exchange | None = None) -> list[Element]:
        """What the card sent; NotVerifiable names what is not there."""
        return there({tag: self.d.answered(tag, at=at) for tag in tags})

    def value(self, tag: str) -> bytes:
        """What the card sent with this tag, empty if it did not."""
        element = self.d.answered(tag)
        return element.value if element else b""


def there(elements: dict[str, Element | None]) -> list[Element]:
    """The data elements, all of them; else NotVerifiable names what is missing."""
    names = facts("emv", "visa")
    present = []
    missing = []
    for tag, element in elements.items():
        if element is None:
            missing.append(f"{tag} {names.find(tag).name}")
        else:
            present.append(element)
    if missing:
        raise NotVerifiable(f"no {', no '.join(missing)} in this capture")
    return present


def attempt(
    name: str, check: Callable[[], tuple[Proof, T]], *items: Element | Evidence | None
) -> tuple[Proof, T | None]:
    """A check with the bytes that it is about, and its result beside the proof.

    "Not checkable" where something is missing.
    """
    result: T | None = None
    try:
        proof, result = check()
    except NotVerifiable as error:
        proof = Proof(name, "not checkable", error.reason)
    return replace(proof, evidence=evidence_of(*items)), result


def need(key: K | None, owner: str) -> K:
    """The key of that owner; NotVerifiable where a certificate did not give it."""
    if key is None:
        raise NotVerifiable(f"the {owner}'s key is not known")
    return key


def authentication(case: Case) -> Iterator[Proof]:
    """Certificates from the scheme down to the card, then what the card signed."""
    d = case.d
    if not any(d.answered(tag) for tag in ("90", "93", "9F46", "9F4B")):
        return
    proof, issuer = _issuer_certificate(case)
    yield proof
    static = static_data(d.exchanges)
    signed_static = d.answered("93")
    if signed_static:
        yield static_proof(issuer, signed_static, static, oda.static_data)
    card = pin = None
    if d.answered(_CARD.certificate):
        value = static.value if static.complete else None
        proof, card = _card_certificate(case, issuer, _CARD, value, "; ".join(static.missing))
        yield proof
    if d.answered(_PIN.certificate):
        proof, pin = _card_certificate(case, issuer, _PIN, b"")
        yield proof
    for signature in d.all("9F4B", "response")[:MAX_EACH]:
        yield from dynamic_proofs(case, card, signature, oda.dynamic_data, oda.sha1)
    yield from _enciphered_pins(d, pin or card)


@record
class Recovered:
    """A public key that a certificate holds."""

    name: str
    key: PublicKey = field(repr=False)
    evidence: Evidence


def opened(case: Case) -> list[Recovered]:
    """The keys of the issuer, of the card and for its PIN, as far as the certificates open."""
    issuer = _issuer_certificate(case)
    results = [issuer]
    for card_key in (_CARD, _PIN):
        if case.d.answered(card_key.certificate):
            results.append(_card_certificate(case, issuer[1], card_key, None))
    return [Recovered(proof.name, key, proof.evidence[0]) for proof, key in results if key]


def _issuer_certificate(case: Case) -> KeyProof:
    """The issuer's key, under the key of the scheme that fits best (5.3)."""

    def check() -> KeyProof:
        index, certificate, exponent = case.answered("8F", "90", "9F32")
        number = to_hex(index.value)
        candidates = fitting(case.keys, "ca-public", rid=case.rid, pan=case.pan, index=number)
        if not candidates:
            scheme = case.rid or "an unknown scheme"
            raise NotVerifiable(f"no public key with index {number} of {scheme} is known")
        results = []
        for candidate in candidates:
            proof, issuer = oda.issuer_certificate(
                candidate.public,
                certificate.value,
                case.value("92"),
                exponent.value,
                case.pan,
                case.day,
            )
            results.append((_rank(proof), proof, issuer, candidate))
        _, proof, issuer, key = min(results, key=lambda result: result[0])
        reason = f"with key {number} of the scheme ({key.note})"
        if case.day and key.expires and case.day > key.expires:
            reason += f", which expired on {key.expires}"
        return replace(proof, reason=proof.reason or reason), issuer

    return attempt("issuer certificate", check, case.d.answered("90"), case.d.answered("8F"))


def _rank(proof: Proof) -> int:
    """The place of a verdict in the order from verified on."""
    return get_args(Outcome).index(proof.verdict)


def static_proof(
    issuer: K | None,
    signature: Element,
    static: StaticData,
    verify: Callable[[K, bytes, bytes], Proof],
) -> Proof:
    """SDA: what the issuer signed (5.4). `verify` checks it with the key's algorithm."""

    def check() -> tuple[Proof, None]:
        key = need(issuer, "issuer")
        if not static.complete:
            raise NotVerifiable("; ".join(static.missing))
        return verify(key, signature.value, static.value), None

    proof, _ = attempt("SDA", check, signature)
    return proof


def _card_certificate(
    case: Case,
    issuer: PublicKey | None,
    card_key: CardKey,
    static: bytes | None,
    missing: str = "",
) -> KeyProof:
    """A key of the card (6.4); `static` is None where it is not known, and `missing` says why."""

    def check() -> KeyProof:
        key = need(issuer, "issuer")
        certificate, exponent = case.answered(card_key.certificate, card_key.exponent)
        return oda.card_certificate(
            key,
            certificate.value,
            case.value(card_key.remainder),
            exponent.value,
            static,
            case.pan,
            case.day,
            name=card_key.name,
            missing=missing,
        )

    return attempt(card_key.name, check, case.d.answered(card_key.certificate))


def dynamic_proofs(
    case: Case,
    card: K | None,
    signature: Element,
    verify: Callable[[K, bytes, bytes, str], tuple[Proof, bytes]],
    hashed: Callable[[bytes], bytes],
) -> Iterator[Proof]:
    """The card's signature: DDA in INTERNAL AUTHENTICATE, CDA in GENERATE AC, else fDDA.

    `verify` checks a signature with the key's algorithm, `hashed` is the hash beside it in CDA.
    """
    exchange = signature.exchange
    name = _SIGNED_BY.get(ins_of(exchange) or 0, "fDDA")
    number = None
    if name != "DDA":
        number = case.d.sent("9F37", at=exchange) or case.d.sent("9F37")

    def check() -> tuple[Proof, bytes]:
        key = need(card, "card")
        data = _signed_data(case, name, exchange, number)
        return verify(key, signature.value, data, name)

    proof, dynamic = attempt(name, check, signature, number)
    yield proof
    if name == "CDA" and dynamic:
        yield _combined_proof(case, signature, dynamic, hashed)


def _signed_data(case: Case, name: str, exchange: Exchange, number: Element | None) -> bytes:
    """What the card signs beside its own dynamic data."""
    if name == "DDA":
        return exchange.command.data if exchange.command else b""
    elements = {"9F37": number}
    if name == "fDDA":
        related = case.d.answered("9F69")
        elements["9F02"] = case.d.sent("9F02")
        elements["5F2A"] = case.d.sent("5F2A")
        elements["9F69"] = related
        # Only version 1 is known to sign all of these (Book C-3, annex C).
        if related and related.value[:1] != _FAST_VERSION_1:
            version = to_hex(related.value[:1]) or "none"
            raise NotVerifiable(f"fDDA of version {version} (9F69): what it signs is not known")
    return b"".join(element.value for element in there(elements))


def _combined_proof(
    case: Case, signature: Element, dynamic: bytes, hashed: Callable[[bytes], bytes]
) -> Proof:
    """The second half of CDA: the CID, and the hash over what was sent and answered (6.6.2)."""
    exchange = signature.exchange
    hash_size = len(hashed(b""))

    def check() -> tuple[Proof, None]:
        case.inside[exchange.index] = oda.combined(dynamic, hash_size)["cryptogram"]
        [cid] = case.answered("9F27", at=exchange)
        data = _transaction_values(case.d, exchange)
        return oda.transaction_data(dynamic, cid.value, data, hashed), None

    cid = case.d.answered("9F27", at=exchange)
    proof, _ = attempt("CDA transaction data", check, signature, cid)
    return proof


def _transaction_values(d: Dialogue, exchange: Exchange) -> bytes:
    """What CDA hashes: the values of PDOL and CDOLs, then the answer without 9F4B (6.6.2)."""
    started = [item for item in d.commands(emv.GPO) if item.index < exchange.index]
    if not started or not d.first:
        commands = "GET PROCESSING OPTIONS or the first GENERATE AC"
        raise NotVerifiable(f"{commands} is not in this capture")
    parts = []
    start = started[-1].command
    if start:
        parts.append(tlv.first(start.data, "83").get("83", b""))
    generated = [d.first]
    if exchange is not d.first:
        generated.append(exchange)
    for item in generated:
        if item.command:
            parts.append(item.command.data)
    answer = exchange.response.data if exchange.response else b""
    for tag, depth, begin, _, stop, _ in tlv.scan(answer):
        if depth == 1 and tag != "9F4B":
            parts.append(answer[begin:stop])
    return b"".join(parts)


def _enciphered_pins(d: Dialogue, key: PublicKey | None) -> Iterator[Proof]:
    """The form of each enciphered PIN; only the card can open it (7.2)."""
    if key is None:
        return
    for exchange in d.commands(iso7816.VERIFY)[:MAX_EACH]:
        command = exchange.command
        if command and command.p2 == _ENCIPHERED_PIN:
            evidence = Evidence(exchange.index, "command", 0, len(command.raw))
            proof = oda.enciphered_pin(key, command.data, b"")
            yield replace(proof, evidence=(evidence,))
