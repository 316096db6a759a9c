# SPDX-License-Identifier: MIT
"""Magnetic stripes and numbers in digits: track 1, track 2 in hex or in text, card numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ..apps import facts_of
from ..core.codec import luhn_ok
from ..core.model import Constant, Context, Fact, Node
from .model import FITS, LIKELY, PROVEN, SURE, Caller, Reading, refuse
from .paste import Pasted
from .tables import layout

_REF = "ISO/IEC 7813"
_FIXED_DIGITS = 7  # expiry and service code
_PAYMENT = Context(application="emv")
_TRACK_2_HEX = re.compile(r"(\d{8,19})D(\d{7}[0-9A-F]{0,30})")
_TRACK_2_TEXT = re.compile(r";?(\d{8,19})=(\d{7}\d{0,30})(?:\?.?)?")
_TRACK_1 = re.compile(r"%?(B)(\d[\d ]{7,22})\^([^^?\r\n]{2,26})\^(\d{7}[ ->@-~]{0,60})")
_STRIPES = re.compile(r"(%[^?\n]{1,100}\?)\s{0,4}(;[^?\n]{1,60}\?)")
_NUMBER = re.compile(r"(?:\d{4}[ -]?){3,4}\d{1,7}|\d{4}[ -]\d{6}[ -]\d{5}")
FIRST_DIGITS = "23456"
# A phone has a number of 15 digits with the same check digit (IMEI; 3GPP TS 23.003, 6.2.1); so have these cards.
_PHONE_DIGITS = 15
_CARDS_OF_15 = ("34", "37")


def read_track_2(paste: Pasted, caller: Caller) -> Reading:
    """Track 2 as on the stripe, with = between, or as in tag 57, with D."""
    text = "".join(paste.text.split())
    match = _TRACK_2_TEXT.fullmatch(text)
    form = "text"
    if match is None:
        match = _TRACK_2_HEX.fullmatch(paste.digits)
        form = "hex"
    if match is None:
        raise refuse("no digits of a card number, a separator (D or =), expiry and service code")
    number, rest = match[1], match[2]
    month = int(rest[2:4])
    if not 1 <= month <= 12:
        raise refuse(f"the expiry names month {rest[2:4]}")
    nodes = tuple(_track_2_nodes(number, rest))
    strength, reason = _by_check_digit(number)
    title = f"track 2 in {form}: card number, expiry, service code"
    return Reading("track2", title, strength, reason, nodes)


def _track_2_nodes(number: str, rest: str) -> Iterator[Node]:
    yield number_node(number)
    yield from _behind_number(rest.rstrip("F"))


def _behind_number(digits: str) -> Iterator[Node]:
    """Expiry, service code, and what the issuer adds; each in bytes of its own, because secrets end at half bytes."""
    fixed = bytes.fromhex(digits[:_FIXED_DIGITS] + "F")
    yield from layout("behind a card number", ref=_REF).parse(fixed)
    added = digits[_FIXED_DIGITS:]
    if added:
        data = bytes.fromhex(added + "F" * (len(added) % 2))
        fact = Fact("", "discretionary data", Constant(added), _REF, sensitive="track")
        yield Node(fact, data, 0, 0, len(data))


def number_node(number: str) -> Node:
    """A card number under its row, in decimal digits of half a byte each."""
    data = bytes.fromhex(number + "F" * (len(number) % 2))
    fact = replace(facts_of(_PAYMENT).find("5A"), tag="")
    note = "" if luhn_ok(number) else "check digit wrong"
    return Node(fact, data, 0, 0, len(data), (), note)


def _by_check_digit(number: str) -> tuple[int, str]:
    if luhn_ok(number):
        return PROVEN, "the check digit of the card number is right"
    return LIKELY, "its form is right, but the check digit of the card number is wrong"


def read_track_1(paste: Pasted, caller: Caller) -> Reading:
    """Track 1, format B: %B number ^ name ^ expiry, service code, data ?"""
    text = paste.text.strip().removesuffix("?")
    match = _TRACK_1.fullmatch(text)
    if match is None:
        raise refuse("no %B, card number, ^, name, ^, expiry and service code")
    number = match[2].replace(" ", "")
    name = match[3].encode("latin-1", "replace")
    name_fact = replace(facts_of(_PAYMENT).find("5F20"), tag="")
    nodes = [
        number_node(number),
        Node(name_fact, name, 0, 0, len(name)),
        *_behind_number(match[4][:_FIXED_DIGITS]),
    ]
    added = match[4][_FIXED_DIGITS:].encode()
    if added:
        fact = replace(facts_of(_PAYMENT).find("9F1F"), tag="", name="discretionary data")
        nodes.append(Node(fact, added, 0, 0, len(added)))
    strength, reason = _by_check_digit(number)
    title = "track 1: card number, name, expiry, service code"
    return Reading("track1", title, strength, reason, tuple(nodes))


def read_stripes(paste: Pasted, caller: Caller) -> Reading:
    """Both tracks, as a reader of stripes types them."""
    match = _STRIPES.fullmatch(paste.text.strip())
    if match is None:
        raise refuse("no two tracks, % ... ? ; ... ?")
    first = read_track_1(Pasted(match[1]), caller)
    second = read_track_2(Pasted(match[2]), caller)
    strength = min(first.strength, second.strength)
    tracks = []
    for reading in (first, second):
        fact = Fact("", reading.kind.replace("track", "track "), ref=_REF)
        tracks.append(Node(fact, b"", 0, 0, 0, reading.nodes))
    return Reading("tracks", "tracks 1 and 2 of a card", strength, first.reason, tuple(tracks))


def read_number(paste: Pasted, caller: Caller) -> Reading:
    """A card number alone, perhaps in groups."""
    text = paste.text.strip()
    if not _NUMBER.fullmatch(text):
        raise refuse("a card number has 13 to 19 digits")
    number = text.replace(" ", "").replace("-", "")
    if not 13 <= len(number) <= 19:
        raise refuse(f"a card number has 13 to 19 digits, {len(number)} here")
    node = number_node(number)
    if number[0] not in FIRST_DIGITS and not luhn_ok(number):
        raise refuse("its first digit is none of payment cards, and the check digit is wrong")
    if not luhn_ok(number):
        return Reading(
            "pan", "card number", FITS, "its length, but its check digit is wrong", (node,)
        )
    reason = "its length, and its check digit is right"
    if len(number) == _PHONE_DIGITS and not number.startswith(_CARDS_OF_15):
        reason += "; the number of a phone (IMEI) has the same form"
        return Reading("pan", "card number", FITS, reason, (node,))
    strength = SURE if number[0] in FIRST_DIGITS else FITS
    return Reading("pan", "card number", strength, reason, (node,))
