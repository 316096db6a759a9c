# SPDX-License-Identifier: MIT
"""A transaction as its phases look at it: what the terminal sent, what the card told, the two cryptograms; and what
is said about it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import field

from ...apps import emv, iso7816
from ...core.codec import parse_cn, parse_hex, to_hex
from ...core.dictionary import status_text
from ...core.errors import CaptureError
from ...core.model import Evidence, Exchange, Side, record
from ...crypto.methods import MASTERCARD, VISA
from ...road.pipeline import halves
from .data import Found, afl_places, evidence_of, found, records

KINDS = {0x00: "AAC", 0x40: "TC", 0x80: "ARQC"}
RANK = ("AAC", "ARQC", "TC")


@record
class Statement:
    """One thing that was decided, with the bytes that show it.

    `agrees` says whether terminal, card and specification fit together there; None where nothing is compared.
    """

    text: str
    evidence: tuple[Evidence, ...] = field(default=(), repr=False)
    agrees: bool | None = None


def say(text: str, *about: Found | Evidence | None, agrees: bool | None = None) -> Statement:
    """A statement about these data elements; those that are not there are left out."""
    return Statement(text, evidence_of(*about), agrees)


def tell(title: str, one: Found | None) -> Iterator[Statement]:
    """A data element with its value and its meaning, where it is there."""
    if one:
        yield say(f"{title} {to_hex(one.value)}: {one.text}", one)


CODES = ("denial", "online", "default")


@record
class ActionCodes:
    """Denial, online and default action codes, five bytes each like the TVR (EMV Book 3, 10.7)."""

    denial: bytes
    online: bytes
    default: bytes


def action_codes(given: Mapping[str, str]) -> ActionCodes:
    """The terminal's action codes from hex: {"denial": "0010000000", "online": ..., "default": ...}."""
    values = [parse_hex(str(given.get(name, ""))) or b"" for name in CODES]
    if len(given) != len(CODES) or any(len(value) != 5 for value in values):
        raise CaptureError("tac: give denial, online and default, each as 10 hex digits")
    return ActionCodes(*values)


@record
class Dialogue:
    """The exchanges of a transaction with their data elements by tag; `first` and `second` brought the cryptograms.

    `places` are the records that the AFL names, by SFI and number; `unread` those of them that were not read.
    `decisions` are the types of the cryptograms that the card gave, in order, with the bytes that say so.
    """

    exchanges: tuple[Exchange, ...]
    elements: dict[str, list[Found]]
    first: Exchange | None
    second: Exchange | None
    places: tuple[tuple[int, int], ...]
    unread: tuple[tuple[int, int], ...]
    tac: ActionCodes | None = None
    decisions: tuple[tuple[str, Evidence], ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every record was read, so that what is not there is not on the card."""
        return bool(self.places) and not self.unread

    @property
    def in_gpo(self) -> bool:
        """Whether the card gave its cryptogram in the answer to GET PROCESSING OPTIONS, as in kernel 3 (Visa)."""
        return ins_of(self.first) == emv.GPO

    @property
    def tvr(self) -> Found | None:
        """What the terminal had found when it asked for the first cryptogram; a TVR in the PDOL data is empty yet."""
        return self.sent("95", 5, self.first) if self.first and not self.in_gpo else None

    @property
    def ttq(self) -> Found | None:
        """The terminal transaction qualifiers; in kernel 2 (Mastercard) that tag is another thing."""
        one = self.sent("9F66", 4)
        return one if one and not one.exchange.context.aid.startswith(MASTERCARD) else None

    @property
    def ctq(self) -> Found | None:
        """The card transaction qualifiers, which that tag is not in kernel 2."""
        one = self.told("9F6C", 2)
        return one if one and not one.exchange.context.aid.startswith(MASTERCARD) else None

    @property
    def pan(self) -> str:
        """The card number, from 5A or else from track 2 (57); empty where neither tells it."""
        number, track = self.told("5A"), self.told("57")
        digits = (
            parse_cn(number.value)
            if number
            else track.value.hex().partition("d")[0]
            if track
            else ""
        )
        return digits if digits and digits.isdecimal() else ""

    @property
    def unit(self) -> int:
        """The second digit of the terminal type 9F35, 1 to 6: up to 3 attended; 0 if not known (EMV Book 4, A1)."""
        one = self.sent("9F35", 1)
        first, second = divmod(one.value[0], 16) if one else (0, 0)
        return second if first in (1, 2, 3) and second <= 6 else 0

    @property
    def approved_offline(self) -> Evidence | None:
        """Where the card says with its first cryptogram that it approves."""
        for kind, where in self.decisions[:1]:
            if kind == "TC":
                return where
        return None

    @property
    def approved(self) -> Evidence | None:
        """Where the card says with its last cryptogram that it approves, or asks the issuer."""
        for kind, where in self.decisions[-1:]:
            if kind in ("TC", "ARQC"):
                return where
        return None

    def values(self, tag: str, side: Side | None = None) -> list[Found]:
        """Every element with that tag and a value, in the order of time."""
        return [element for element in self.all(tag, side) if element.value]

    def all(self, tag: str, side: Side | None = None) -> list[Found]:
        """Every element with that tag, in the order of time."""
        return [one for one in self.elements.get(tag, ()) if side in (None, one.evidence.side)]

    def sent(self, tag: str, size: int = 0, at: Exchange | None = None) -> Found | None:
        """What the terminal sent last before the first cryptogram, or in the command `at`; None if not `size` long."""
        mine, first = self.all(tag, "command"), self.first
        if at is None and first is not None:
            mine = [one for one in mine if one.exchange.index <= first.index]
        return _last(mine, size, at)

    def told(self, tag: str, size: int = 0, at: Exchange | None = None) -> Found | None:
        """What the card told last, or in the answer `at`; None if it is not `size` bytes long."""
        return _last(self.all(tag, "response"), size, at)

    def commands(self, *ins: int) -> list[Exchange]:
        """The exchanges with these instructions."""
        return [one for one in self.exchanges if ins_of(one) in ins]


def _last(mine: list[Found], size: int, at: Exchange | None) -> Found | None:
    one = next((one for one in reversed(mine) if at is None or one.exchange is at), None)
    return one if one and (not size or len(one.value) == size) else None


def dialogue(
    exchanges: tuple[Exchange, ...], tac: ActionCodes | None = None, file: str = ""
) -> Dialogue:
    """Look at the exchanges of one transaction, from that file."""
    generated = [one for one in exchanges if ins_of(one) == emv.GENERATE_AC]
    early, decisions = [], []
    for exchange in exchanges:
        kind, where = cryptogram(exchange)
        if where:
            decisions.append((kind, where))
        if where and ins_of(exchange) == emv.GPO:
            early.append(exchange)
    first = next(iter([*filter(is_read, generated), *generated, *early]), None)
    starts = [
        one.index
        for one in exchanges
        if first and one.index > first.index and ins_of(one) == emv.GPO
    ]
    stop = min(starts, default=sys.maxsize)  # where the card was started anew
    second = next((one for one in generated if first and first.index < one.index < stop), None)
    elements: dict[str, list[Found]] = {}
    for one in found(exchanges, file=file):
        elements.setdefault(one.tag, []).append(one)
    afl, answers = (
        [one for one in elements.get("94", ()) if one.evidence.side == "response"],
        records(exchanges),
    )
    places = tuple(dict.fromkeys(afl_places(afl[-1].value))) if afl else ()
    unread = tuple(place for place in places if not is_read(answers.get(place)))
    return Dialogue(exchanges, elements, first, second, places, unread, tac, tuple(decisions))


def ins_of(exchange: Exchange | None) -> int | None:
    """The instruction of an exchange."""
    return exchange.command.ins if exchange and exchange.command else None


def is_read(exchange: Exchange | None) -> bool:
    """Whether the card answered and did not refuse."""
    return bool(exchange and exchange.response and iso7816.accepted(exchange.response))


def answer_of(exchange: Exchange) -> tuple[str, Evidence | None]:
    """The status word of an answer in words, empty for 9000; and where it stands."""
    response = exchange.response
    if response is None or response.sw is None:
        return "no answer in this capture" if response is None else "no status word", None
    text = (
        ""
        if response.sw == 0x9000
        else f"{response.sw:04X} {status_text(response.sw, ins_of(exchange))[0]}"
    )
    size = len(response.data)
    return text, Evidence(exchange.index, "response", size, size + 2)


def cryptogram(exchange: Exchange) -> tuple[str, Evidence | None]:
    """The type of the cryptogram in an answer, empty if it is not told, and the bytes that say so; None without one.

    The CID says it (EMV Book 3, 6.5.5.4); where a Visa card leaves it out, the CVR in the IAD does.
    """
    response = exchange.response
    if (
        response is None
        or ins_of(exchange) not in (emv.GENERATE_AC, emv.GPO)
        or not iso7816.accepted(response)
    ):
        return "", None
    half = next(half for side, half in halves(exchange) if side == "response")
    cid, iad = half.find("9F27"), half.find("9F10")
    shown = cid or half.find("9F26")
    if shown is None or not shown.value:
        return "", None
    kind = ""
    if cid is not None:
        kind = ac_type(cid.value[0])
    elif (
        iad is not None
        and exchange.context.aid.startswith(VISA)
        and iad.value[3:4] == b"\x03"
        and iad.value[4:5]
    ):
        kind, shown = ac_type(iad.value[4] << 2), iad
    return kind, Evidence(exchange.index, "response", shown.start, shown.stop)


def asked(exchange: Exchange) -> str:
    """The cryptogram that GENERATE AC asks for (EMV Book 3, 6.5.5.2), empty for another command."""
    command = exchange.command
    is_one = command is not None and command.ins == emv.GENERATE_AC
    return ac_type(command.p1) or "RFU" if is_one and command else ""


def ac_type(byte: int) -> str:
    """AAC, TC or ARQC, by the first two bits of a CID or of P1 of GENERATE AC; empty for the fourth value."""
    return KINDS.get(byte & 0xC0, "")


def above(given: str, wanted: str) -> bool:
    """Whether a cryptogram grants more than another: ARQC more than AAC, TC more than both (EMV Book 3, 9.2.2)."""
    return given in RANK and wanted in RANK and RANK.index(given) > RANK.index(wanted)


def bits(value: Found, mask: int) -> str:
    """The names of those bits of a value that are set and in the mask; empty where there are none."""
    size = len(value.value)
    chosen = int.from_bytes(value.value, "big") & mask
    return value.node.fact.describe(chosen.to_bytes(size, "big")) if chosen else ""
