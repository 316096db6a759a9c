# SPDX-License-Identifier: MIT
"""Rules about keys, passwords and codes of chips: those that everybody knows, and those that go in clear."""

from __future__ import annotations

from ...apps.instructions import LOAD_KEYS, READER, VERIFY
from ...core.model import Evidence, Exchange
from ...crypto import challenge
from ...crypto.defaults import name_of, published
from ..engine import Case, Missing, Result, Results, fails_if, only, rule, whole_half
from .dialogue import (
    Authentication,
    authentications,
    code_of,
    data_of,
    done,
)

MOST = 32  # authentications on which keys are tried
PASSWORD_AUTHENTICATION = 0x1B
PASSWORD_SIZE = 4
CHANGE_CODE = 0xD2
SECURED_TRANSMISSION = 0x40  # of the key structure of LOAD KEYS (PC/SC part 3, 3.2.2.1.4)
MEMORY_CARDS = ("sle4442", "sle4428")
PRESENT_CODE = VERIFY
MANY_WRONG = 2
NO_TRY_LEFT = 0x9000  # as the row of the status word says after a code
_MANUALS = "ACS ACR38 and ACR39 reference manuals, memory cards"
LISTS = "the public lists of Proxmark3 and mfoc"


def judged(kind: str, value: bytes, *places: Evidence) -> Result:
    """Whether a secret that was accepted is published."""
    name = name_of(kind, value)
    return fails_if(name, name or "accepted, and in no public list here", *places)


@rule(
    "M07",
    "critical",
    "a published key opens the Ultralight",
    "NXP MF0ICU2 and MF0AES(H)20 data sheets",
)
def published_ultralight_key(case: Case) -> Results:
    """A key that everybody knows, such as the delivery key of the chip, produces the authentication: anyone can read,
    change and copy it. Do: write keys of your own before cards are handed out.
    """
    yield from _published(case, "ultralight")


@rule(
    "M09",
    "critical",
    "a published key opens the DESFire",
    f"NXP MF3ICDx21_41_81 data sheet; {LISTS}",
)
def published_desfire_key(case: Case) -> Results:
    """A key that everybody knows, such as the zeros of delivery, produces the authentication. Do: change the keys of
    the card and of its applications before cards are handed out.
    """
    yield from _published(case, "desfire")


def _published(case: Case, family: str) -> Results:
    """Published keys of a family of chips, tried on its authentications."""
    proofs = [proof for proof in authentications(case) if proof.family == family]
    for proof in proofs[:MOST]:
        yield _tried(proof)
    if len(proofs) > MOST:
        raise Missing(f"keys were tried on {MOST} of {len(proofs)} authentications")


def _tried(proof: Authentication) -> Result:
    keys = published(proof.family)
    fitting = [key for key in keys if _fits(key, proof)]
    places = (whole_half(proof.asked, "response"), whole_half(proof.proved))
    names = [
        keys[key]
        for key in fitting
        if challenge.makes_answer(proof.cipher, key, proof.challenge, proof.answer)
    ]
    detail = f"none of {len(fitting)} published keys makes the answer of the reader"
    if names:
        detail = f"{names[0]} makes the answer of the reader"
    return fails_if(names, detail, *places)


def _fits(key: bytes, proof: Authentication) -> bool:
    """Whether a key has the length that goes with this challenge: 16 bytes, or 24 for DES with a longer challenge."""
    size = 16
    if proof.cipher == "DES" and len(proof.challenge) == 16:
        size = 24
    return len(key) == size


@rule("M06", "high", "a password in clear", "NXP NTAG213_215_216 data sheet, 8.8")
def password_in_clear(case: Case) -> Results:
    """The password of an NTAG or Ultralight EV1 goes over the air as it is, and the tag accepts it: whoever listens
    once has it. Do: protect nothing worth copying with a password; use a chip that answers a challenge.
    """
    for exchange in case.exchanges:
        if _is_password(exchange):
            yield fails_if(True, "password in clear, accepted", data_of(exchange))
    for proof in authentications(case):
        if proof.family == "ultralight":
            yield fails_if(False, "a challenge and its answer", whole_half(proof.proved))


def _is_password(exchange: Exchange) -> bool:
    """Whether a tag accepted a password."""
    command = exchange.command
    if command is None or code_of(exchange) != ("ultralight", PASSWORD_AUTHENTICATION):
        return False
    return len(command.data) == PASSWORD_SIZE and done(exchange)


@rule(
    "M15",
    "critical",
    "a published password opens the tag",
    f"NXP NTAG213_215_216 data sheet, 8.8.1; {LISTS}",
)
def published_password(case: Case) -> Results:
    """The delivery password of the chip, or one that everybody tries first, was accepted. Do: write a password of your
    own to each tag.
    """
    for exchange in case.exchanges:
        if _is_password(exchange) and exchange.command:
            yield judged("password", exchange.command.data, data_of(exchange))


@rule("M16", "medium", "a key goes to the reader in clear", "PC/SC part 3, 3.2.2.1.4")
def key_in_clear(case: Case) -> Results:
    """LOAD KEYS carries the key as it is: whoever reads the wire, or this capture, has it. Do: redact this capture;
    load keys once, in a safe place, or under the transport key of the reader.
    """
    for exchange in case.exchanges:
        command = exchange.command
        if command and (command.cla, command.ins) == (READER, LOAD_KEYS) and done(exchange):
            is_clear = not command.p1 & SECURED_TRANSMISSION
            detail = "key loaded under a transport key"
            if is_clear:
                detail = "key loaded in clear"
            yield fails_if(is_clear, detail, data_of(exchange))


@rule("M17", "critical", "a published code opens the memory card", _MANUALS)
def published_code(case: Case) -> Results:
    """The delivery code of an SLE4442 or SLE4428 was accepted: anyone can write to the card. Do: change the code before
    cards are handed out.
    """
    for exchange in case.exchanges:
        if _is_code(exchange) and done(exchange) and exchange.command and exchange.command.data:
            kind = exchange.context.application
            yield judged(kind, exchange.command.data, data_of(exchange))


def _is_code(exchange: Exchange) -> bool:
    """Whether the code of a memory card is presented."""
    command = exchange.command
    if command is None or exchange.context.application not in MEMORY_CARDS:
        return False
    return (command.cla, command.ins) == (READER, PRESENT_CODE)


@rule("M18", "medium", "the code of a memory card in clear", _MANUALS)
def code_in_clear(case: Case) -> Results:
    """Memory cards such as the SLE4442 take their code in clear each time they are written: a tap on the wire, or a
    fake card that only listens, learns the code and so what it protects. Do: keep no value on such cards.
    """
    exchanges = [
        exchange for exchange in case.exchanges if exchange.context.application in MEMORY_CARDS
    ]
    only(exchanges)
    shown = [exchange for exchange in exchanges if _is_code(exchange) or _is_new_code(exchange)]
    for exchange in shown:
        yield fails_if(True, "the code stands in the command", data_of(exchange))
    if shown:
        return
    hole = case.hole(exchanges)
    if hole:
        raise Missing(f"something may be hidden here: {hole}")
    yield fails_if(False, "read without its code", whole_half(exchanges[0]))


def _is_new_code(exchange: Exchange) -> bool:
    command = exchange.command
    return command is not None and (command.cla, command.ins) == (READER, CHANGE_CODE)


@rule("M19", "medium", "codes of a memory card are tried", _MANUALS, counts=True)
def code_search(case: Case) -> Results:
    """Wrong codes in a row, or the card is locked: somebody guesses; after the last try the card can never be written
    again. Do: ask who held the card.
    """
    wrong: dict[int, list[Exchange]] = {}
    for exchange in case.exchanges:
        if not _is_code(exchange) or exchange.response is None or exchange.response.sw is None:
            continue
        in_session = wrong.setdefault(exchange.session, [])
        if not done(exchange):
            in_session.append(exchange)
            continue
        yield fails_if(
            len(in_session) >= MANY_WRONG,
            f"the right code after {len(in_session)} wrong",
            whole_half(exchange, "response"),
        )
        in_session.clear()
    for in_session in wrong.values():
        if in_session:
            yield _wrong_codes(in_session)


def _wrong_codes(exchanges: list[Exchange]) -> Result:
    """Wrong codes at the end of a session; 9000 then says that no try is left."""
    response = exchanges[-1].response
    is_locked = response is not None and response.sw == NO_TRY_LEFT
    detail = f"{len(exchanges)} wrong"
    if is_locked:
        detail += ", the card is locked"
    places = [whole_half(exchange, "response") for exchange in exchanges[:10]]
    return fails_if(is_locked or len(exchanges) >= MANY_WRONG, detail, *places)
