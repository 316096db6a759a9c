# SPDX-License-Identifier: MIT
"""Offline data authentication: which method was due, and whether terminal and card did it.

Source: EMV Book 3, 10.3. The signatures are computed again in authenticity.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...apps import iso7816
from ...core.model import Exchange
from ..act import Statement
from .data import Element, static_data
from .dialogue import Dialogue, answer_of, bits, cryptogram, say

# The strongest first: name, bit of AIP byte 1, bit of 9F33 byte 3.
METHODS = (
    ("XDA", 0x80, 0x04),
    ("CDA", 0x01, 0x08),
    ("DDA", 0x20, 0x40),
    ("SDA", 0x40, 0x80),
)
_ANY_TERMINAL = b"\xff\xff\xff"
# Bits of the TVR: DDA, CDA or SDA failed stand in byte 1, XDA failed in byte 4.
ODA_SKIPPED = 0x80 << 32
ODA_FAILED = 0x4C << 32 | 0x01 << 8
# P1 of GENERATE AC: CDA or XDA is asked for (EMV Book 3, 6.5.5.2).
_SIGNATURE_ASKED = 0x18
_METHOD_ASKED = {0x08: "XDA", 0x10: "CDA", 0x18: "CDA"}


def offered(aip: bytes, capabilities: bytes = _ANY_TERMINAL) -> list[str]:
    """The methods that the AIP offers and a terminal with this 9F33 can do, the strongest first."""
    methods = []
    for name, aip_bit, terminal_bit in METHODS:
        if aip[0] & aip_bit and capabilities[2] & terminal_bit:
            methods.append(name)
    return methods


def authentication(d: Dialogue) -> Iterator[Statement]:
    """Which method was due, whether the TVR says it was done, and what the card signed."""
    signature = d.answered("9F4B")
    aip = d.answered("82", 2)
    methods: list[str] = []
    if d.in_gpo and signature:
        yield say("fDDA: the card signed", signature)
    elif d.in_gpo:
        yield say("fDDA: the card sent no signature (9F4B)")
    elif aip is None:
        yield say("not known: no AIP (82) in this capture")
    else:
        methods = offered(aip.value)
        yield from _offer(d, aip, methods)
    for text, evidence in map(answer_of, d.commands(iso7816.INTERNAL_AUTHENTICATE)):
        yield say(f"INTERNAL AUTHENTICATE: {text or 'the card signed'}", evidence)
    if d.first and d.first.command and not d.in_gpo:
        method = _METHOD_ASKED.get(d.first.command.p1 & _SIGNATURE_ASKED)
        if method:
            yield _signed_answer(d, d.first, method)
    if signature or methods:
        yield _static_statement(d)


def _offer(d: Dialogue, aip: Element, methods: list[str]) -> Iterator[Statement]:
    """What the card offers, what of that was due, and what TVR and TSI say of it."""
    capabilities = d.sent("9F33", 3)
    due: list[str] = []
    if capabilities:
        due = offered(aip.value, capabilities.value)
    text = f"the AIP offers {', '.join(methods) or 'no method'}"
    if not methods:
        yield say(text, aip)
    elif capabilities is None:
        yield say(f"{text}; the terminal's 9F33 is not here", aip)
    else:
        method = next(iter(due), "none")
        text += f"; by what the terminal can do (9F33) {method} is due"
        yield say(text, aip, capabilities)
    tvr = d.tvr
    if tvr:
        skipped, failed = bits(tvr, ODA_SKIPPED), bits(tvr, ODA_FAILED)
        fits: bool | None = bool(skipped) != bool(due)
        if methods and (failed or capabilities is None):
            fits = None
        yield say(f"the TVR says: {skipped or failed or 'performed, not failed'}", tvr, agrees=fits)
    tsi = d.sent("9B", 2, d.second)
    if tsi and tsi.value[0] & 0x80 and not methods:
        text = "the TSI says performed, although the AIP offers no method"
        yield say(text, tsi, aip, agrees=False)


def _signed_answer(d: Dialogue, first: Exchange, method: str) -> Statement:
    """CDA or XDA, asked for with GENERATE AC: a signature around the cryptogram, but for an AAC."""
    title = f"{method} asked with GENERATE AC: the card"
    signature = d.answered("9F4B", at=first)
    if signature:
        return say(f"{title} signed its answer", signature, agrees=True)
    text = f"{title} did not sign its answer"
    kind, evidence = cryptogram(first)
    if kind in ("", "AAC"):
        return say(text, evidence)
    return say(text, evidence, agrees=False)


def _static_statement(d: Dialogue) -> Statement:
    signed = static_data(d.exchanges)
    text = f"{len(signed.value)} bytes, all there"
    if not signed.complete:
        text = f"not all there: {signed.missing[0]}"
    return say(f"signed static data: {text}", *signed.evidence)
