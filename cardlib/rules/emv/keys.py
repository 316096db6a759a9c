# SPDX-License-Identifier: MIT
"""Rules that compute again: certificates and the keys in them, signatures, cryptograms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import combinations
from math import gcd

from ...acts.emv.authenticity import Recovered
from ...core.codec import parse_cn, parse_date
from ...core.model import Proof, Severity
from ...crypto import oda, roca
from ...crypto.keyring import Key, fitting
from ..engine import Missing, Result, Results, enough, fails_if, only
from ..sources import BOOK2, BSCHT23, BST21A, BST21B, HENINGER12, NSSKM17
from .payment import Payment, PaymentCase, payment_rule, series_rule

SIGNATURES = (
    "issuer certificate",
    "card certificate",
    "PIN certificate",
    "SDA",
    "DDA",
    "CDA",
    "fDDA",
)
FAILED = {
    "SDA": 0x40,
    "DDA": 0x08,
    "CDA": 0x04,
    "card": 0x0C,
    "issuer": 0x4C,
}  # TVR byte 1 (Book 3, annex C5)
RETIRED = {
    1024: date(2009, 12, 31),
    1152: date(2017, 12, 31),
    1408: date(2024, 12, 31),
    1984: date(2033, 12, 31),
}
SHARED = ({"A000000003", "A000000098"}, {"A000000152", "A000000324"})  # schemes that share keys
LEAST = {
    "issuer certificate": (1024, 1152),
    "card certificate": (896, 1024),
    "PIN certificate": (896, 1024),
}
LENGTHS = "EMVCo, yearly assessment of key lengths"
RUN = "0" * 64


def signatures(payment: Payment) -> list[Proof]:
    """The certificates and signatures of a payment, checked; Missing where it has none."""
    found = [one for one in payment.proofs if one.name.startswith(SIGNATURES)]
    if not found:
        raise Missing("no certificate and no signature in this capture")
    return found


def keys_in(payment: Payment) -> list[Recovered]:
    """The public keys that certificates of this payment hold."""
    if not payment.recovered and payment.get("90", "response"):
        raise Missing("the issuer certificate could not be opened")
    return payment.recovered


def broken(proof: Proof) -> bool:
    """Whether what was signed is something else; a wrong number or date in a certificate is the matter of E24, E25."""
    return proof.verdict == "failed" and not proof.reason.startswith(
        ("PAN", "issuer identifier", "expiry")
    )


@payment_rule("E06", "critical", "a signature does not verify", f"{BOOK2}, 5 and 6", "keys")
def bad_signature(payment: Payment) -> Results:
    """A certificate or a signature opens and what it signs is something else: data were changed, or two cards mixed.
    Do: decline; compare with another reading of the card to see what changed.
    """
    for one in signatures(payment):
        if one.verdict == "not checkable":
            yield Result("not-enough-data", f"{one.name}: {one.reason}", one.evidence)
        else:
            yield fails_if(broken(one), f"{one.name}: {one.reason or one.verdict}", *one.evidence)


@payment_rule("E07", "critical", "the terminal did not notice", f"{BST21A}; {BOOK2}, 6", "keys")
def unnoticed(payment: Payment) -> Results:
    """A signature does not verify, and the TVR that the terminal sent afterwards does not say so: it did not check.
    Do: repair the terminal before it accepts anything offline.
    """
    for one in signatures(payment):
        bit = FAILED.get(one.name.split()[0])
        place = max((where.exchange for where in one.evidence), default=0)
        later = [
            tvr
            for tvr in payment.all("95", "command")
            if tvr.exchange.index > place and len(tvr.value) == 5
        ]
        if bit is None or one.verdict == "not checkable" or not (later or broken(one)):
            continue
        if not later:
            raise Missing(f"no TVR (95) was sent after the {one.name} failed")
        hidden = broken(one) and not later[0].value[0] & (bit | 0x80)
        detail = f"{one.name} {one.verdict}, TVR {later[0].hex}"
        yield fails_if(hidden, detail, *one.evidence, later[0])


def _issuer_opens(payment: Payment, rid: str = "") -> Iterator[Key]:
    """The keys of schemes, or of one, under which the issuer certificate opens."""
    certificate, exponent = (
        payment.need("90", side="response"),
        payment.need("9F32", side="response"),
    )
    rest = payment.get("92", "response")
    signed = (certificate.value, rest.value if rest else b"", exponent.value, "", None)
    for key in payment.keys:
        if key.use != "ca-public" or rid not in ("", key.rid):
            continue
        proof, _ = oda.issuer_certificate(key.public, *signed)
        if proof.verdict == "verified" or proof.facts:
            yield key


@payment_rule("E08", "critical", "the index of the scheme's key was changed", BSCHT23, "keys")
def index_changed(payment: Payment) -> Results:
    """The certificate opens under another key of the same scheme than the one that the card names: somebody changed the
    index so that authentication fails and the PIN is not asked. Do: decline.
    """
    index = payment.about("8F", 1, "response")
    opens = [key.index for key in _issuer_opens(payment, payment.aid[:10])]
    if not opens:
        raise Missing(f"no known key of this scheme opens the certificate (index {index.hex})")
    good = index.hex in opens
    detail = f"index {index.hex}, the certificate opens under {', '.join(dict.fromkeys(opens))}"
    yield fails_if(not good, detail, index, payment.need("90"))


@payment_rule("E09", "critical", "a certificate of another scheme", BST21B, "keys")
def other_scheme(payment: Payment) -> Results:
    """The certificate opens under a key of another scheme than the selected application's: the application identifier
    was changed on the way, so that a card of one brand is taken for another. Do: decline.
    """
    certificate = payment.about("90", side="response")
    mine = payment.aid[:10]
    allowed = next((group for group in SHARED if mine in group), {mine})
    opens = list(dict.fromkeys(key.rid for key in _issuer_opens(payment)))
    if not opens:
        raise Missing("no known key opens the certificate")
    good = bool(allowed & set(opens))
    detail = f"selected {mine}, the certificate opens under a key of {', '.join(opens)}"
    yield fails_if(not good, detail, certificate)


@payment_rule("E11", "high", "a scheme's key that is retired or for tests", LENGTHS, "keys")
def old_scheme_key(payment: Payment) -> Results:
    """The scheme's key is too short for its day, or its private half is known to everybody who tests cards.
    Do: on a test card expected; in the field decline.
    """
    index, day = payment.about("8F", 1, "response"), payment.get("9A", "command", 3)
    keys = [key for key in _issuer_opens(payment, payment.aid[:10]) if key.index == index.hex]
    if not keys:
        raise Missing(f"no key with index {index.hex} of this scheme opens the certificate")
    today, bits, test = (
        parse_date(day.value) if day else None,
        8 * len(keys[0].value),
        "test key" in keys[0].note,
    )
    end = keys[0].expires or next((end for size, end in RETIRED.items() if bits <= size), date.max)
    if not today and not test:
        raise Missing("no 9A in this capture")
    late = today is not None and today > end
    why = ["a test key"] * test + [f"{bits} bits, good until {end}"] * late
    severity: Severity | None = "medium" if late and bits > 1152 else None
    if test:
        severity = None if payment.case.given.live else "info"
    yield fails_if(
        why, f"index {index.hex}: {', '.join(why) or f'{bits} bits'}", index, severity=severity
    )


@payment_rule("E12", "high", "a short key", LENGTHS, "keys")
def short_key(payment: Payment) -> Results:
    """The issuer's or the card's RSA key is short enough to be factored with effort. Do: replace these cards."""
    for one in keys_in(payment):
        bits = 8 * len(one.key.modulus)
        bad, mild = LEAST[one.name]
        detail = f"{one.name}: {bits} bits"
        yield fails_if(bits < mild, detail, one.evidence, severity=None if bits < bad else "medium")


@payment_rule("E14", "critical", "a key of the ROCA kind", NSSKM17, "keys")
def roca_key(payment: Payment) -> Results:
    """The modulus has the mark of a faulty generator: the private key can be computed from the public one.
    Do: replace the card; its signatures prove nothing.
    """
    for one in keys_in(payment):
        weak = roca.weak(one.key.modulus)
        yield fails_if(weak, f"{one.name}: {'has' if weak else 'no'} mark", one.evidence)


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
    for one in keys_in(payment):
        text = f"{int.from_bytes(one.key.modulus):b}"
        share = text.count("1") / len(text)
        odd = not 0.4 <= share <= 0.6 or RUN in text
        yield fails_if(odd, f"{one.name}: {share:.0%} ones", one.evidence)


@series_rule("E16", "critical", "two keys share a prime", HENINGER12)
def common_factor(cases: tuple[PaymentCase, ...]) -> Results:
    """Two different moduli have a common factor: both private keys follow by a division. Do: replace both cards."""
    found = {
        one.key.modulus: one
        for case in cases
        for payment in case.payments
        for one in payment.recovered
    }
    enough(found, 2, "key")
    pairs = combinations(found.values(), 2)
    bad = [
        (a, b)
        for a, b in pairs
        if gcd(int.from_bytes(a.key.modulus), int.from_bytes(b.key.modulus)) > 1
    ]
    about = [one for pair in bad[:5] for one in pair] or list(found.values())[:10]
    proof = (one.evidence for one in about)
    yield fails_if(bad, f"{len(found)} different keys, {len(bad)} pairs share a factor", *proof)


@payment_rule(
    "E24", "critical", "the certificate is another card's", f"{BOOK2}, 5.3, 6.3 and 6.4", "keys"
)
def other_card(payment: Payment) -> Results:
    """Number or expiry are not the same in certificates, records and track 2: data of two cards are joined.
    Do: decline.
    """
    number, until = payment.get("5A", "response"), payment.get("5F24", "response", 3)
    track = payment.get("57", "response")
    if number and track:
        digits, _, rest = track.hex.partition("D")
        good = digits == parse_cn(number.value) and (until is None or rest[:4] == until.hex[:4])
        yield fails_if(
            not good,
            f"track 2 has {'the same' if good else 'another'} number and expiry",
            number,
            track,
        )
    for proof in payment.proofs:
        stated = {
            name: parse_cn(value) or ""
            for name, value in proof.facts
            if name in ("PAN", "issuer identifier")
        }
        for name, digits in stated.items():
            if not payment.dialogue.pan:
                raise Missing("no 5A and no 57 in this capture")
            good = (
                payment.dialogue.pan == digits
                if name == "PAN"
                else bool(digits) and payment.dialogue.pan.startswith(digits)
            )
            detail = f"the {proof.name} names {'the same' if good else 'another'} {name}"
            yield fails_if(not good, detail, number or track, *proof.evidence)


@payment_rule("E25", "medium", "an expired certificate", f"{BOOK2}, 5.3 and 6.4", "keys")
def expired_certificate(payment: Payment) -> Results:
    """A certificate had expired on the day of the transaction, or it ends before the card or after the key that signed
    it. Do: a terminal must let authentication fail where it is expired; tell the issuer of the others.
    """
    until = payment.get("5F24", "response", 3)
    for one in payment.proofs:
        month = dict(one.facts).get("expiry (MMYY)")
        if month is None or len(month) != 2:
            continue
        day, end = payment.need("9A", 3), month[::-1]
        ends = (
            [key.expires for key in _issuer_opens(payment, payment.aid[:10])]
            if one.name[0] == "i"
            else []
        )
        why = ["expired"] * (day.value[:2] > end)
        why += ["ends before the card"] * (until is not None and until.value[:2] > end)
        why += ["ends after the key of its scheme"] * any(
            last and f"{last:%y%m}" < end.hex() for last in ends
        )
        detail = f"{one.name} valid until {month.hex()[:2]}/20{month.hex()[2:]}"
        yield fails_if(
            why, ": ".join([detail, ", ".join(why)] if why else [detail]), *one.evidence, day
        )


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
    good = [one for one in _cryptograms(payment) if one.verdict == "verified"]
    public = [one for one in good if "published" in one.reason]
    if good:
        severity: Severity | None = None if payment.case.given.live else "info"
        first = (public or good)[0]
        detail = f"{first.name}: {first.reason}" + (
            f", and {len(public) - 1} more" if len(public) > 1 else ""
        )
        yield fails_if(public, detail, *first.evidence, severity=severity)


@payment_rule("E98", "critical", "a cryptogram does not verify", f"{BOOK2}, 8", "keys")
def bad_cryptogram(payment: Payment) -> Results:
    """With the key given, the cryptogram, the issuer's answer or a script comes out otherwise: its data were changed or
    it is not this card's. Do: decline.
    """
    own = [key for key in payment.keys if not key.published and key.use != "ca-public"]
    for one in _cryptograms(payment):
        if not own:
            raise Missing("no key for cryptograms is given")
        if one.verdict != "not checkable":
            good = one.verdict == "verified"
            yield fails_if(not good, f"{one.name}: {one.reason}", *one.evidence)


def _cryptograms(payment: Payment) -> list[Proof]:
    return [
        one for one in payment.proofs if not one.name.startswith((*SIGNATURES, "enciphered PIN"))
    ]


@payment_rule("E105", "critical", "approved after a failed CDA with an unknown key", BSCHT23)
def induced_failure(payment: Payment) -> Results:
    """The scheme's key is unknown, the TVR says that CDA failed, and an approval follows: what a man in the middle
    causes who wants the PIN left out. Do: decline.
    """
    index = payment.about("8F", 1, "response")
    only(payment.dialogue.first and not payment.dialogue.in_gpo)
    known = bool(fitting(payment.keys, "ca-public", rid=payment.aid[:10], index=index.hex))
    tvr = payment.need_tvr()
    failed = bool(tvr.value[0] & 0x04)
    if not known and not failed and payment.dialogue.second is None:
        raise Missing("no second GENERATE AC: a failed CDA is told there")
    bad = not known and failed and bool(payment.dialogue.approved)
    detail = f"key {index.hex} {'known' if known else 'not known'}, TVR {tvr.hex}"
    yield fails_if(bad, detail, index, tvr)
