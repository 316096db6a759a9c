# SPDX-License-Identifier: MIT
"""Rules about the keys of tokens: weak ones, proofs that fit no certificate, signatures nobody allowed, copies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..apps.fields import tag_of
from ..apps.instructions import GENERAL_AUTHENTICATE, GET_DATA_ODD, VERIFY
from ..core.errors import NotVerifiable
from ..core.model import Exchange, record
from ..core.tlv import first
from ..crypto import roca
from ..crypto.cms import loaded_certificate
from ..crypto.x509 import is_signed_block, key_title
from ..road.meaning import halves
from .engine import Case, Missing, Results, Step, fails_if, rule, steps, whole_half
from .identity.document import MIN_CURVE, MIN_MODULUS, STRENGTHS
from .sources import BFKLSST12, NSSKM17
from .tokens import CHALLENGE, PIV_SHEET, RESPONSE, SUCCESS, token_steps

COUNTING = "W3C Web Authentication level 2, 6.1.1; FIDO CTAP 2.1, 6"
CONTAINER, CERTIFICATE = "53", "70"  # in a container of PIV (SP 800-73-4 part 1, appendix A)
COMPRESSED = b"\x1f\x8b"
# Which key a certificate of PIV is for (SP 800-73-4 part 1)
KEY_OF_CERTIFICATE = {"5FC105": 0x9A, "5FC10A": 0x9C, "5FC10B": 0x9D, "5FC101": 0x9E}
SIGNATURE_KEY = 0x9C
SMALL_EXPONENT = 3
DECIPHER = (0x2A, 0x80, 0x86)
ORACLE_QUESTIONS = 200  # fewer tell too little
WITHOUT_PIN = (0x6982, 0x6983)  # it says nothing of the text
# After these the key in P2 is a new one (SP 800-73-4 part 2, 3.3.2; YubiKey)
GENERATE_KEY, IMPORT_KEY = 0x47, 0xFE
# Where an answer of an authenticator says which key signed, and how often it did (FIDO CTAP 2.1, 6.1 and 6.2)
DATA = "parameters/authenticator data"
COUNTER, SITE = f"{DATA}/counter", f"{DATA}/hash of the relying party"
CREDENTIALS = (f"{DATA}/credential identifier", "parameters/credential/id")


@record
class Shown:
    """A certificate that a token gave out, and the key reference that it is for."""

    exchange: Exchange
    reference: int
    value: bytes


def _shown(case: Case) -> Iterator[Shown]:
    """The certificates of PIV cards, in clear, as far as they were read whole."""
    for step in token_steps(case, GET_DATA_ODD):
        reference = KEY_OF_CERTIFICATE.get(tag_of(step.command))
        if reference is None or step.response.sw != SUCCESS:
            continue
        container = first(step.response.data, CONTAINER).get(CONTAINER, b"")
        value = first(container, CERTIFICATE).get(CERTIFICATE, b"")
        if value and not value.startswith(COMPRESSED):
            yield Shown(step.exchange, reference, value)


def _key_in(shown: Shown) -> Any:
    """The public key of a certificate; the package may not know its curve."""
    try:
        return loaded_certificate(shown.value).public_key()
    except NotVerifiable:
        raise
    except Exception:  # hostile bytes may fail anywhere in the package
        raise Missing("the key in a certificate cannot be read") from None


@rule("V06", "critical", "the key of a token is weak", f"{STRENGTHS}; {NSSKM17}")
def weak_key(case: Case) -> Results:
    """The public key in a certificate is short, has the exponent 3, or is from a library whose keys can be factored:
    whoever finds the private half needs no token. Do: replace the certificate and the key, perhaps the token.
    """
    for shown in _shown(case):
        key = _key_in(shown)
        detail = f"key {shown.reference:02X}: {key_title(key)}"
        reason = _weakness(key)
        if reason:
            detail += f", {reason}"
        yield fails_if(reason, detail, whole_half(shown.exchange, "response"))


def _weakness(key: Any) -> str:
    """Why a key is weak; empty where nothing says so."""
    least = MIN_CURVE if hasattr(key, "curve") else MIN_MODULUS
    if getattr(key, "key_size", least) < least:
        return f"shorter than {least} bits"
    if hasattr(key, "curve") or not hasattr(key.public_numbers(), "n"):
        return ""
    numbers = key.public_numbers()
    if roca.weak(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)):
        return "of the kind that can be factored (ROCA)"
    if numbers.e == SMALL_EXPONENT:
        return "exponent 3"
    return ""


@rule("V08", "high", "the token deciphers whatever it is given", BFKLSST12)
def decipher_oracle(case: Case) -> Results:
    """Very many different texts were given to the decryption key, and the token answered some in another way than
    others: each answer tells a little of what is inside. Do: ask who used the key; limit it by the PIN.
    """
    asked: dict[int, list[Step]] = {}
    for step in token_steps(case, DECIPHER[0]):
        is_question = (step.command.p1, step.command.p2) == DECIPHER[1:] and step.command.data
        if is_question and step.response.sw not in WITHOUT_PIN:
            asked.setdefault(step.exchange.session, []).append(step)
    for found in asked.values():
        texts = {step.command.data for step in found}
        words = {step.response.sw for step in found}
        is_oracle = len(texts) >= ORACLE_QUESTIONS and len(words) > 1
        detail = f"{len(texts)} texts, {len(words)} status words"
        yield fails_if(is_oracle, detail, whole_half(found[0].exchange))


@rule("V10", "critical", "what the token signs does not fit its certificate", f"{PIV_SHEET}.4")
def wrong_key(case: Case) -> Results:
    """The answer to a challenge is not signed with the key of the certificate that the token shows for it: the
    certificate is of another token, or was copied to a card without its key. Do: refuse the token.
    """
    latest: dict[tuple[int, int], Shown] = {}
    shown_by_index = {shown.exchange.index: shown for shown in _shown(case)}
    for step in token_steps(case, GET_DATA_ODD, GENERAL_AUTHENTICATE, GENERATE_KEY, IMPORT_KEY):
        session = step.exchange.session
        if step.command.ins in (GENERATE_KEY, IMPORT_KEY):
            latest.pop((session, step.command.p2), None)
            continue
        shown = shown_by_index.get(step.exchange.index)
        if shown is not None:
            latest[session, shown.reference] = shown
            continue
        challenge = first(step.command.data, CHALLENGE).get(CHALLENGE, b"")
        answer = first(step.response.data, RESPONSE).get(RESPONSE, b"")
        certificate = latest.get((session, step.command.p2))
        if certificate is None or not challenge or not answer or step.response.sw != SUCCESS:
            continue
        fits = is_signed_block(_key_in(certificate), challenge, answer)
        detail = f"key {step.command.p2:02X}: a signature by the key of its certificate"
        if not fits:
            detail = f"key {step.command.p2:02X}: no signature by the key of its certificate"
        places = (step.exchange, certificate.exchange)
        yield fails_if(not fits, detail, *(whole_half(place, "response") for place in places))


@rule("V11", "high", "an authenticator counts backwards", COUNTING)
def counter_falls(case: Case) -> Results:
    """The counter in a signature for a site is not higher than in an earlier one with the same key: two authenticators
    may have this key, one of them a copy. Do: revoke the key at the site.
    """
    last: dict[bytes, tuple[int, Exchange]] = {}
    for step in steps(case):
        if step.exchange.context.application != "fido":
            continue
        key, counter = _counted(step.exchange)
        if not counter:  # nothing was signed, or it does not count (Web Authentication 2, 6.1.1)
            continue
        before = last.get(key)
        last[key] = counter, step.exchange
        if before is None:
            continue
        value, exchange = before
        places = (whole_half(step.exchange, "response"), whole_half(exchange, "response"))
        yield fails_if(counter <= value, f"{value}, then {counter}", *places)


def _counted(exchange: Exchange) -> tuple[bytes, int]:
    """Which key signed, and the counter that it signed; nothing and 0 where an answer says none."""
    values: dict[str, bytes] = {}
    for side, half in halves(exchange):
        if side == "response":
            values.update((path, node.value) for path, node in half.walk())
    identifier = b"".join(values.get(path, b"") for path in CREDENTIALS)
    if not identifier or COUNTER not in values or SITE not in values:
        return b"", 0
    return values[SITE] + identifier, int.from_bytes(values[COUNTER])


@rule("V12", "high", "the signature key signs again without a PIN", "NIST SP 800-73-4 part 1")
def second_signature(case: Case) -> Results:
    """The key for signatures (9C) wants the PIN each time. Here it signed twice without one between: whatever runs on
    the owner's computer can sign in their name as long as the token is in. Do: set the PIN policy of the key to
    "always".
    """
    signed: dict[int, Exchange] = {}
    for step in token_steps(case, VERIFY, GENERAL_AUTHENTICATE):
        session = step.exchange.session
        if step.command.ins == VERIFY and step.command.data:
            signed.pop(session, None)
        elif _is_signature(step):
            before = signed.get(session)
            signed[session] = step.exchange
            places = [whole_half(step.exchange)]
            detail = "the first signature after a PIN"
            if before is not None:
                places.append(whole_half(before))
                detail = "two signatures, and no PIN between them"
            yield fails_if(before is not None, detail, *places)


def _is_signature(step: Step) -> bool:
    """Whether the signature key of a PIV card signed."""
    if step.exchange.context.application != "piv" or step.command.p2 != SIGNATURE_KEY:
        return False
    return step.response.sw == SUCCESS and RESPONSE in first(step.response.data, RESPONSE)
