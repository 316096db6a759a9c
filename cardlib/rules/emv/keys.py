# SPDX-License-Identifier: MIT
"""Rules that compute again: certificates and the keys in them, signatures, cryptograms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import combinations
from math import gcd

from ...acts.emv.authenticity import Recovered
from ...acts.emv.data import Element
from ...core.codec import parse_cn, parse_date
from ...core.model import Proof, Severity
from ...crypto import roca
from ...crypto.keyring import Key, fitting
from ..engine import Missing, Result, Results, enough, fails_if, only
from ..sources import BOOK2, BSCHT23, BST21A, BST21B, HENINGER12, NSSKM17
from .certificates import cryptograms, is_broken, issuer_opens, keys_in, signatures
from .payment import Cases, Payment, payment_rule, series_rule

# TVR byte 1, by the first word of what is signed (Book 3, annex C5)
FAILED = {
    "SDA": 0x40,
    "DDA": 0x08,
    "CDA": 0x04,
    "card": 0x0C,
    "issuer": 0x4C,
}
NOT_PERFORMED = 0x80
CDA_FAILED = 0x04

# The uses of keys with which cryptograms and scripts are computed again.
OF_CARDS = ("imk-ac", "mk-ac", "session", "imk-smi", "mk-smi", "imk-smc", "mk-smc")

LENGTHS = "EMVCo, yearly assessment of key lengths"
RETIRED = {
    1024: date(2009, 12, 31),
    1152: date(2017, 12, 31),
    1408: date(2024, 12, 31),
    1984: date(2033, 12, 31),
}
# Bits of a key: fewer than the first are bad, fewer than the second less so
LEAST = {
    "issuer certificate": (1024, 1152),
    "card certificate": (896, 1024),
    "PIN certificate": (896, 1024),
}
LONG_RUN = "0" * 64

# Schemes that share keys
SHARED = ({"A000000003", "A000000098"}, {"A000000152", "A000000324"})


@payment_rule("E06", "critical", "a signature does not verify", f"{BOOK2}, 5 and 6", "keys")
def bad_signature(payment: Payment) -> Results:
    """A certificate or a signature opens and what it signs is something else: data were changed, or two cards mixed.
    Do: decline; compare with another reading of the card to see what changed.
    """
    for proof in signatures(payment):
        if proof.verdict == "not checkable":
            yield Result("not-enough-data", f"{proof.name}: {proof.reason}", proof.evidence)
        else:
            detail = f"{proof.name}: {proof.reason or proof.verdict}"
            yield fails_if(is_broken(proof), detail, *proof.evidence)


@payment_rule("E07", "critical", "the terminal did not notice", f"{BST21A}; {BOOK2}, 6", "keys")
def unnoticed(payment: Payment) -> Results:
    """A signature does not verify, and the TVR that the terminal sent afterwards does not say so: it did not check.
    Do: repair the terminal before it accepts anything offline.
    """
    for proof in signatures(payment):
        kind = proof.name.split()[0]
        if kind not in FAILED or proof.verdict == "not checkable":
            continue
        tvr = _tvr_after(payment, proof)
        if tvr:
            noticed = tvr.value[0] & (FAILED[kind] | NOT_PERFORMED)
            hidden = is_broken(proof) and not noticed
            detail = f"{proof.name} {proof.verdict}, TVR {tvr.hex}"
            yield fails_if(hidden, detail, *proof.evidence, tvr)
        elif is_broken(proof):
            raise Missing(f"no TVR (95) was sent after the {proof.name} failed")


def _tvr_after(payment: Payment, proof: Proof) -> Element | None:
    """The first TVR that was sent after what a proof rests on."""
    last = max((place.exchange for place in proof.evidence), default=0)
    for tvr in payment.all("95", "command"):
        if tvr.exchange.index > last and len(tvr.value) == 5:
            return tvr
    return None


@payment_rule("E08", "critical", "the index of the scheme's key was changed", BSCHT23, "keys")
def index_changed(payment: Payment) -> Results:
    """The certificate opens under another key of the same scheme than the one that the card names: somebody changed the
    index so that authentication fails and the PIN is not asked. Do: decline.
    """
    index = payment.about("8F", 1, "response")
    opening = [key.index for key in issuer_opens(payment, payment.aid[:10])]
    if not opening:
        raise Missing(f"no known key of this scheme opens the certificate (index {index.hex})")
    indices = ", ".join(dict.fromkeys(opening))
    detail = f"index {index.hex}, the certificate opens under {indices}"
    yield fails_if(index.hex not in opening, detail, index, payment.need("90"))


@payment_rule("E09", "critical", "a certificate of another scheme", BST21B, "keys")
def other_scheme(payment: Payment) -> Results:
    """The certificate opens under a key of another scheme than the selected application's: the application identifier
    was changed on the way, so that a card of one brand is taken for another. Do: decline.
    """
    certificate = payment.about("90", side="response")
    rid = payment.aid[:10]
    allowed = {rid}
    for group in SHARED:
        if rid in group:
            allowed = group
    opening = list(dict.fromkeys(key.rid for key in issuer_opens(payment)))
    if not opening:
        raise Missing("no known key opens the certificate")
    detail = f"selected {rid}, the certificate opens under a key of {', '.join(opening)}"
    yield fails_if(allowed.isdisjoint(opening), detail, certificate)


@payment_rule("E11", "high", "a scheme's key that is retired or for tests", LENGTHS, "keys")
def old_scheme_key(payment: Payment) -> Results:
    """The scheme's key is too short for its day, or its private half is known to everybody who tests cards.
    Do: on a test card expected; in the field decline.
    """
    index = payment.about("8F", 1, "response")
    key = _named_key(payment, index)
    day = payment.get("9A", "command", 3)
    today = parse_date(day.value) if day else None
    is_test_key = "test key" in key.note
    if not today and not is_test_key:
        raise Missing("no 9A in this capture")
    bits = 8 * len(key.value)
    end = _retires(key)
    reasons = []
    severity: Severity | None = None
    if is_test_key:
        reasons.append("a test key")
    if today is not None and today > end:
        reasons.append(f"{bits} bits, good until {end}")
        if bits > 1152:
            severity = "medium"
    if is_test_key:
        severity = _unless_live(payment)
    detail = ", ".join(reasons) or f"{bits} bits"
    yield fails_if(reasons, f"index {index.hex}: {detail}", index, severity=severity)


def _named_key(payment: Payment, index: Element) -> Key:
    """The first key of the scheme that has this index and opens the issuer certificate."""
    for key in issuer_opens(payment, payment.aid[:10]):
        if key.index == index.hex:
            return key
    raise Missing(f"no key with index {index.hex} of this scheme opens the certificate")


def _retires(key: Key) -> date:
    """The last day of a scheme's key: its own, else that of its length."""
    if key.expires:
        return key.expires
    for bits, end in RETIRED.items():
        if 8 * len(key.value) <= bits:
            return end
    return date.max


def _unless_live(payment: Payment) -> Severity | None:
    """How bad something is that test cards have: no more than information, unless no test card belongs here."""
    if payment.case.given.live:
        return None
    return "info"


@payment_rule("E12", "high", "a short key", LENGTHS, "keys")
def short_key(payment: Payment) -> Results:
    """The issuer's or the card's RSA key is short enough to be factored with effort. Do: replace these cards."""
    for recovered in keys_in(payment):
        bits = 8 * len(recovered.key.modulus)
        bad, mild = LEAST[recovered.name]
        severity: Severity | None = None
        if bits >= bad:
            severity = "medium"
        detail = f"{recovered.name}: {bits} bits"
        yield fails_if(bits < mild, detail, recovered.evidence, severity=severity)


@payment_rule("E14", "critical", "a key of the ROCA kind", NSSKM17, "keys")
def roca_key(payment: Payment) -> Results:
    """The modulus has the mark of a faulty generator: the private key can be computed from the public one.
    Do: replace the card; its signatures prove nothing.
    """
    for recovered in keys_in(payment):
        weak = roca.weak(recovered.key.modulus)
        has = "has" if weak else "no"
        yield fails_if(weak, f"{recovered.name}: {has} mark", recovered.evidence)


@payment_rule(
    "E15",
    "high",
    "a key of a special form",
    "the density of ones in a random number of n bits",
    "keys",
)
def special_key(payment: Payment) -> Results:
    """The modulus has too few or too many ones, or a long run of zeros: it was built, not drawn, and may be factored.
    Do: replace the card, unless it is a test card.
    """
    for recovered in keys_in(payment):
        binary = f"{int.from_bytes(recovered.key.modulus):b}"
        share = binary.count("1") / len(binary)
        built = not 0.4 <= share <= 0.6 or LONG_RUN in binary
        yield fails_if(built, f"{recovered.name}: {share:.0%} ones", recovered.evidence)


@series_rule("E16", "critical", "two keys share a prime", HENINGER12)
def common_factor(cases: Cases) -> Results:
    """Two different moduli have a common factor: both private keys follow by a division. Do: replace both cards."""
    by_modulus: dict[bytes, Recovered] = {}
    for case in cases:
        for payment in case.payments:
            for recovered in payment.recovered:
                by_modulus[recovered.key.modulus] = recovered
    enough(by_modulus, 2, "key")
    sharing = []
    for a, b in combinations(by_modulus.values(), 2):
        if gcd(int.from_bytes(a.key.modulus), int.from_bytes(b.key.modulus)) > 1:
            sharing.append((a, b))
    shown = [recovered for pair in sharing[:5] for recovered in pair]
    if not sharing:
        shown = list(by_modulus.values())[:10]
    detail = f"{len(by_modulus)} different keys, {len(sharing)} pairs share a factor"
    yield fails_if(sharing, detail, *(recovered.evidence for recovered in shown))


@payment_rule(
    "E24", "critical", "the certificate is another card's", f"{BOOK2}, 5.3, 6.3 and 6.4", "keys"
)
def other_card(payment: Payment) -> Results:
    """Number or expiry are not the same in certificates, records and track 2: data of two cards are joined.
    Do: decline.
    """
    number = payment.get("5A", "response")
    track = payment.get("57", "response")
    if number and track:
        expiry = payment.get("5F24", "response", 3)
        same = _same_card(number, track, expiry)
        which = "the same" if same else "another"
        what = "number and expiry" if expiry else "number"
        yield fails_if(not same, f"track 2 has {which} {what}", number, track)
    pan = payment.dialogue.pan
    for proof, name, digits in _stated_numbers(payment):
        if not pan:
            raise Missing("no 5A and no 57 in this capture")
        same = bool(digits) and pan.startswith(digits)
        if name == "PAN":
            same = pan == digits
        which = "the same" if same else "another"
        detail = f"the {proof.name} names {which} {name}"
        yield fails_if(not same, detail, number or track, *proof.evidence)


def _same_card(number: Element, track: Element, expiry: Element | None) -> bool:
    """Whether track 2 has this number and, as far as it is known, this expiry."""
    digits, _, rest = track.hex.partition("D")
    if digits != parse_cn(number.value):
        return False
    return expiry is None or rest[:4] == expiry.hex[:4]


def _stated_numbers(payment: Payment) -> Iterator[tuple[Proof, str, str]]:
    """Each number of a card or an issuer in a certificate: the certificate, what it is, the digits."""
    for proof in payment.proofs:
        facts = dict(proof.facts)
        for name in facts:
            if name in ("PAN", "issuer identifier"):
                yield proof, name, parse_cn(facts[name]) or ""


@payment_rule("E25", "medium", "an expired certificate", f"{BOOK2}, 5.3 and 6.4", "keys")
def expired_certificate(payment: Payment) -> Results:
    """A certificate had expired on the day of the transaction, or it ends before the card or after the key that signed
    it. Do: a terminal must let authentication fail where it is expired; tell the issuer of the others.
    """
    card_expiry = payment.get("5F24", "response", 3)
    for proof in payment.proofs:
        stated = dict(proof.facts).get("expiry (MMYY)")
        if stated is None or len(stated) != 2:
            continue
        end = stated[::-1]  # YYMM
        day = payment.need("9A", 3)
        faults = []
        if day.value[:2] > end:
            faults.append("expired")
        if card_expiry is not None and card_expiry.value[:2] > end:
            faults.append("ends before the card")
        if proof.name.startswith("issuer") and _outlives_scheme_key(payment, end):
            faults.append("ends after the key of its scheme")
        month, year = stated.hex()[:2], stated.hex()[2:]
        detail = f"{proof.name} valid until {month}/20{year}"
        if faults:
            detail = f"{detail}: {', '.join(faults)}"
        yield fails_if(faults, detail, *proof.evidence, day)


def _outlives_scheme_key(payment: Payment, end: bytes) -> bool:
    """Whether a certificate ends after a key of its scheme that opens it; `end` is YYMM in BCD."""
    opening = issuer_opens(payment, payment.aid[:10])
    return any(key.expires and f"{key.expires:%y%m}" < end.hex() for key in opening)


@payment_rule(
    "E97",
    "critical",
    "a cryptogram under a published test key",
    "published keys of test cards",
    "keys",
)
def published_key(payment: Payment) -> Results:
    """The cryptogram is made with a key that stands in public documents: a test card, or an issuer that forgot to
    change it. Do: on a test card expected; anywhere else decline, everybody can make such cryptograms.
    """
    verified = [proof for proof in cryptograms(payment) if proof.verdict == "verified"]
    only(verified)
    published = [proof for proof in verified if "published" in proof.reason]
    first = (published or verified)[0]
    detail = f"{first.name}: {first.reason}"
    if len(published) > 1:
        detail += f", and {len(published) - 1} more"
    yield fails_if(published, detail, *first.evidence, severity=_unless_live(payment))


@payment_rule("E98", "critical", "a cryptogram does not verify", f"{BOOK2}, 8", "keys")
def bad_cryptogram(payment: Payment) -> Results:
    """With the key given, the cryptogram, the issuer's answer or a script comes out otherwise: its data were changed or
    it is not this card's. Do: decline.
    """
    secret_keys = [key for key in payment.keys if not key.published and key.use in OF_CARDS]
    for proof in cryptograms(payment):
        if not secret_keys:
            raise Missing("no key for cryptograms is given")
        if proof.verdict != "not checkable":
            wrong = proof.verdict != "verified"
            yield fails_if(wrong, f"{proof.name}: {proof.reason}", *proof.evidence)


@payment_rule("E105", "critical", "approved after a failed CDA with an unknown key", BSCHT23)
def induced_failure(payment: Payment) -> Results:
    """The scheme's key is unknown, the TVR says that CDA failed, and an approval follows: what a man in the middle
    causes who wants the PIN left out. Do: decline.
    """
    index = payment.about("8F", 1, "response")
    dialogue = payment.dialogue
    only(dialogue.first and not dialogue.in_gpo)
    scheme_keys = fitting(payment.keys, "ca-public", rid=payment.aid[:10], index=index.hex)
    tvr = payment.need_tvr()
    failed = bool(tvr.value[0] & CDA_FAILED)
    if not scheme_keys and not failed and dialogue.second is None:
        raise Missing("no second GENERATE AC: a failed CDA is told there")
    approved = not scheme_keys and failed and dialogue.approved
    status = "known" if scheme_keys else "not known"
    yield fails_if(approved, f"key {index.hex} {status}, TVR {tvr.hex}", index, tvr)
