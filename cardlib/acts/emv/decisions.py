# SPDX-License-Identifier: MIT
"""The cryptograms as decisions: of the card, of the issuer behind it, and the issuer's scripts."""

from __future__ import annotations

from collections.abc import Iterator

from ...apps import emv, iso7816
from ...core.apdu import is_secure
from ...core.layout.summary import text_of
from ...core.model import Evidence, Exchange
from ...road.meaning import name
from ..act import Statement
from . import actions
from .dialogue import (
    Dialogue,
    above,
    answer_of,
    asked,
    bits,
    cryptogram,
    say,
    tell,
)

SCRIPTS = (
    "APPLICATION BLOCK",
    "APPLICATION UNBLOCK",
    "CARD BLOCK",
    "PIN CHANGE/UNBLOCK",
    "PUT DATA",
    "UPDATE RECORD",
)
NOT_REACHED = "not reached in this capture"
IN_GPO = "does not occur: the card gave its cryptogram in the answer to GET PROCESSING OPTIONS"
# Bits of the TVR.
ISSUER_FAILED = 0x40
SCRIPT_FAILED = 0x30


def card_action(d: Dialogue) -> Iterator[Statement]:
    """What the terminal asked for and what the card gave."""
    if d.first is None:
        if d.commands(emv.COMPUTE_CHECKSUM):
            yield say("mag-stripe mode: a dynamic code (CVC3), no cryptogram")
        else:
            yield say("no cryptogram in this capture")
        return
    yield from _answer(d, d.first)
    kind, _ = cryptogram(d.first)
    ttq = d.ttq
    if d.in_gpo and ttq and ttq.value[1] & 0x80 and kind:
        text = f"the reader wants the issuer asked (TTQ); the card gave {kind}"
        yield say(text, ttq, agrees=kind != "TC")


def _answer(d: Dialogue, exchange: Exchange) -> Iterator[Statement]:
    """One cryptogram: asked, given, and the card's record of what it saw."""
    kind, evidence = cryptogram(exchange)
    if evidence is None:
        text, status = answer_of(exchange)
        yield say(f"{asked(exchange)} asked; {text or 'the answer holds no cryptogram'}", status)
        return
    yield _comparison(asked(exchange), kind, evidence)
    iad = d.answered("9F10", at=exchange)
    if iad is None:
        return
    results = [text_of(node) for node in iad.node.children if node.name.startswith("CVR")]
    texts = [text for text in results if text]
    if texts:
        yield say(f"its own results (CVR): {'; '.join(texts)}", iad)


def _comparison(requested: str, kind: str, evidence: Evidence) -> Statement:
    """The cryptogram that was asked for against the one that was given."""
    text = f"the card gave {kind or 'a cryptogram of a type that is not told'}"
    if requested:
        text = f"the terminal asked for {requested}, {text}"
    if above(kind, requested):
        text += ", which is more than was asked and not allowed"
    if not kind or not requested:
        return say(text, evidence)
    return say(text, evidence, agrees=kind == requested)


def online(d: Dialogue) -> Iterator[Statement]:
    """The issuer's answer, and whether the card took it for the issuer's (EMV Book 3, 10.9)."""
    authenticated = d.commands(iso7816.EXTERNAL_AUTHENTICATE)
    if not d.second and not authenticated:
        yield _absent(d, "the issuer's answer is not in this capture")
    if d.second:
        yield from tell("the issuer's answer, 8A", d.sent("8A", 2, d.second))
        issuer_data = d.sent("91", 0, d.second)
        if issuer_data and not authenticated:
            text = "the issuer's cryptogram (91) went to the card with the second GENERATE AC"
            yield say(text, issuer_data)
    for text, evidence in map(answer_of, authenticated):
        result = text or "the card took the cryptogram for that of the issuer"
        yield say(f"EXTERNAL AUTHENTICATE: {result}", evidence)
    if d.second and authenticated:
        yield from _issuer_flag(d, d.second, authenticated[-1])


def _issuer_flag(d: Dialogue, second: Exchange, authenticated: Exchange) -> Iterator[Statement]:
    """The TVR behind EXTERNAL AUTHENTICATE against the answer to it."""
    tvr = d.sent("95", 5, second)
    if tvr is None or authenticated.response is None:
        return
    failed = bits(tvr, ISSUER_FAILED)
    refusal, _ = answer_of(authenticated)
    fits = bool(failed) == bool(refusal)
    yield say(f"the TVR says: {failed or 'issuer authentication not failed'}", tvr, agrees=fits)


def _absent(d: Dialogue, text: str, how: str = "") -> Statement:
    """Why nothing came after the first cryptogram: it decided, or `text`."""
    if d.first is None:
        return say(NOT_REACHED)
    kind, evidence = cryptogram(d.first)
    if kind in ("TC", "AAC"):
        return say(f"does not occur: the card gave {kind}{how}", evidence)
    return say(text)


def completion(d: Dialogue) -> Iterator[Statement]:
    """The second cryptogram."""
    if d.second is None:
        text = "no second GENERATE AC in this capture"
        if d.in_gpo:
            text = IN_GPO
        yield _absent(d, text, " at once")
        return
    yield from actions.at_completion(d)
    code = d.sent("8A", 2, d.second)
    if code and code.value == b"00":
        requested = asked(d.second)
        text = f"the issuer approved; the terminal asked for {requested}"
        yield say(text, code, agrees=requested == "TC")
    yield from _answer(d, d.second)
    yield from tell("TSI", d.sent("9B", 2, d.second))


def scripts(d: Dialogue) -> Iterator[Statement]:
    """The commands of the issuer, and whether the card carried them out (EMV Book 3, 10.10)."""
    sent = [exchange for exchange in d.exchanges if is_script(exchange)]
    for exchange in sent:
        text, evidence = answer_of(exchange)
        yield say(f"{name(exchange)}: {text or 'the card did it'}", evidence)
    tvr = d.sent("95", 5, d.second) if d.second else None
    failed = bits(tvr, SCRIPT_FAILED) if tvr else ""
    if failed:
        yield say(f"the TVR says: {failed}", tvr)
    elif not sent:
        yield say("no command of the issuer in this capture")


def is_script(exchange: Exchange) -> bool:
    """Whether a command is one that an issuer sends: in secure messaging, or by what it does."""
    command = exchange.command
    if command is None or command.cla == 0xFF:
        return False
    return is_secure(command.cla) or name(exchange) in SCRIPTS
