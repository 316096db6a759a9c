# SPDX-License-Identifier: MIT
"""A payment as its phases see it: what terminal and card sent, and the two cryptograms.

Also the statements that are made about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...apps import emv, iso7816
from ...core.codec import parse_cn, parse_hex, to_hex
from ...core.errors import CaptureError
from ...core.model import Evidence, Exchange, Node, Side, record
from ...core.secure import objects_of
from ...crypto.methods import MASTERCARD, VISA
from ...road.meaning import drawn, halves_of, status
from ..act import Statement
from .data import Element, Place, afl_places, evidence_of, found, records

# By the first two bits of a CID (EMV Book 3, 6.5.5.4) or of P1 of GENERATE AC (6.5.5.2).
KINDS = {0x00: "AAC", 0x40: "TC", 0x80: "ARQC"}
# From the least that is granted to the most (EMV Book 3, 9.2.2).
RANK = ("AAC", "ARQC", "TC")
CODES = ("denial", "online", "default")
RECORD, LAST_SFI_OF_TEMPLATES = "70", 10
Decision = tuple[str, Evidence]


def say(text: str, *items: Element | Evidence | None, agrees: bool | None = None) -> Statement:
    """A statement about these data elements; those that are not there are left out."""
    return Statement(text, evidence_of(*items), agrees)


def tell(title: str, item: Element | None) -> Iterator[Statement]:
    """A data element with its value and its meaning, where it is there."""
    if item:
        text = f"{title} {to_hex(item.value)}: {item.text}"
        yield say(text, item)


@record
class ActionCodes:
    """Denial, online and default action codes, five bytes each like the TVR (EMV Book 3, 10.7)."""

    denial: bytes
    online: bytes
    default: bytes


def action_codes(codes: Mapping[str, str]) -> ActionCodes:
    """The terminal's action codes from hex: {"denial": "0010000000", "online": ..., ...}."""
    values = []
    for name in CODES:
        text = str(codes.get(name, ""))
        values.append(parse_hex(text) or b"")
    is_complete = all(len(value) == 5 for value in values)
    if not is_complete or len(codes) != len(CODES):
        raise CaptureError("tac: give denial, online and default, each as 10 hex digits")
    return ActionCodes(*values)


@record
class Dialogue:
    """The exchanges of a transaction with their data elements by tag.

    `first` and `second` brought the cryptograms. `places` are the records that the AFL names, by
    SFI and number; `unread` those of them that were not read. `decisions` are the types of all the
    cryptograms that the card gave, in order, with the bytes that say so.
    """

    exchanges: tuple[Exchange, ...]
    elements: dict[str, list[Element]]
    first: Exchange | None
    second: Exchange | None
    places: tuple[Place, ...]
    unread: tuple[Place, ...]
    tac: ActionCodes | None = None
    decisions: tuple[Decision, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every record was read, so that what is not there is not on the card."""
        return bool(self.places) and not self.unread

    @property
    def in_gpo(self) -> bool:
        """Whether the cryptogram came with GET PROCESSING OPTIONS, as in kernel 3 (Visa)."""
        return ins_of(self.first) == emv.GPO

    @property
    def tvr(self) -> Element | None:
        """What the terminal had found when it asked for the first cryptogram.

        None where GET PROCESSING OPTIONS brought it: a TVR in the PDOL data is still empty.
        """
        if self.first is None or self.in_gpo:
            return None
        return self.sent("95", 5, self.first)

    @property
    def ttq(self) -> Element | None:
        """The terminal transaction qualifiers; not in kernel 2, where 9F66 is something else."""
        return _outside_kernel_2(self.sent("9F66", 4))

    @property
    def ctq(self) -> Element | None:
        """The card transaction qualifiers; not in kernel 2, where 9F6C is something else."""
        return _outside_kernel_2(self.answered("9F6C", 2))

    @property
    def pan(self) -> str:
        """The card number, from 5A or else from track 2 (57); empty where neither is there."""
        number, track = self.answered("5A"), self.answered("57")
        digits: str | None = ""
        if number:
            digits = parse_cn(number.value)
        elif track:
            digits = track.value.hex().partition("d")[0]
        return digits if digits and digits.isdecimal() else ""

    @property
    def unit(self) -> int:
        """The second digit of the terminal type 9F35, 1 to 6: up to 3 attended (EMV Book 4, A1).

        0 if it is not known.
        """
        terminal_type = self.sent("9F35", 1)
        if terminal_type is None:
            return 0
        operator, unit = divmod(terminal_type.value[0], 16)
        is_defined = operator in (1, 2, 3) and unit <= 6
        return unit if is_defined else 0

    @property
    def approved_offline(self) -> Evidence | None:
        """Where the card says with its first cryptogram that it approves."""
        for kind, evidence in self.decisions[:1]:
            if kind == "TC":
                return evidence
        return None

    @property
    def approved(self) -> Evidence | None:
        """Where the card says with its last cryptogram that it approves, or asks the issuer."""
        for kind, evidence in self.decisions[-1:]:
            if kind in ("TC", "ARQC"):
                return evidence
        return None

    def values(self, tag: str, side: Side | None = None) -> list[Element]:
        """Every element with that tag and a value, in the order of time."""
        return [item for item in self.all(tag, side) if item.value]

    def all(self, tag: str, side: Side | None = None) -> list[Element]:
        """Every element with that tag, in the order of time."""
        items = self.elements.get(tag, [])
        if side is None:
            return list(items)
        return [item for item in items if item.evidence.side == side]

    def sent(self, tag: str, size: int = 0, at: Exchange | None = None) -> Element | None:
        """What the terminal sent last before the first cryptogram, or in the command `at`.

        None if it is not `size` bytes long.
        """
        items = self.elements.get(tag, [])
        if at is None and self.first is not None:
            stop = self.first.index
            items = [item for item in items if item.exchange.index <= stop]
        return _last(items, "command", size, at)

    def answered(self, tag: str, size: int = 0, at: Exchange | None = None) -> Element | None:
        """What the card sent last, or in the answer `at`; None if it is not `size` bytes long."""
        return _last(self.elements.get(tag, []), "response", size, at)

    def commands(self, *ins: int) -> list[Exchange]:
        """The exchanges with these instructions."""
        return [exchange for exchange in self.exchanges if ins_of(exchange) in ins]


def _outside_kernel_2(item: Element | None) -> Element | None:
    """The element, unless kernel 2 runs, which a reader chooses by the RID of Mastercard."""
    if item is None or item.exchange.context.aid.startswith(MASTERCARD):
        return None
    return item


def _last(items: list[Element], side: Side, size: int, at: Exchange | None) -> Element | None:
    """The last element of a side, or the last one in an exchange, if it has that size; 0 stands for any."""
    for item in reversed(items):
        if item.evidence.side != side:
            continue
        if at is not None and item.exchange is not at:
            continue
        if size and len(item.value) != size:
            return None
        return item
    return None


def dialogue(
    exchanges: tuple[Exchange, ...], tac: ActionCodes | None = None, file: str = ""
) -> Dialogue:
    """Look at the exchanges of one transaction, from that file."""
    decisions: list[Decision] = []
    deciding: list[Exchange] = []
    for exchange in exchanges:
        kind, evidence = cryptogram(exchange)
        if evidence:
            decisions.append((kind, evidence))
            deciding.append(exchange)
    elements: dict[str, list[Element]] = {}
    for item in found(exchanges, file=file):
        elements.setdefault(item.tag, []).append(item)
    places = _places(elements)
    answers = records(exchanges)
    unread = [place for place in places if not _is_here(place, answers.get(place))]
    first = _first(exchanges, deciding)
    return Dialogue(
        exchanges,
        elements,
        first,
        _second(exchanges, first),
        tuple(places),
        tuple(unread),
        tac,
        tuple(decisions),
    )


def _places(elements: dict[str, list[Element]]) -> list[Place]:
    """The records that the last AFL names."""
    for afl in reversed(elements.get("94", [])):
        if afl.evidence.side == "response":
            return list(dict.fromkeys(afl_places(afl.value)))
    return []


def _first(exchanges: tuple[Exchange, ...], deciding: list[Exchange]) -> Exchange | None:
    """The exchange of the first cryptogram; `deciding` are those whose answer holds one.

    It is a GENERATE AC that was accepted, else one that was not, else a GET PROCESSING OPTIONS.
    """
    generated = [exchange for exchange in exchanges if ins_of(exchange) == emv.GENERATE_AC]
    for exchange in generated:
        if is_read(exchange):
            return exchange
    candidates = [*generated, *deciding]
    return candidates[0] if candidates else None


def _second(exchanges: tuple[Exchange, ...], first: Exchange | None) -> Exchange | None:
    """The next GENERATE AC; with another GET PROCESSING OPTIONS before it the card begins anew."""
    if first is None:
        return None
    for exchange in exchanges:
        if exchange.index <= first.index:
            continue
        if ins_of(exchange) == emv.GPO:
            return None
        if ins_of(exchange) == emv.GENERATE_AC:
            return exchange
    return None


def ins_of(exchange: Exchange | None) -> int | None:
    """The instruction of an exchange."""
    if exchange is None or exchange.command is None:
        return None
    return exchange.command.ins


def is_read(exchange: Exchange | None) -> bool:
    """Whether the card answered and did not refuse."""
    if exchange is None or exchange.response is None:
        return False
    return iso7816.accepted(exchange.response)


def _is_here(place: Place, exchange: Exchange | None) -> bool:
    """Whether a record was read as a whole: a template 70 in SFI 1 to 10 (EMV Book 3, 5.3.2.2 and 6.5.11.4)."""
    if exchange is None or exchange.response is None or not is_read(exchange):
        return False
    sfi, _ = place
    if sfi > LAST_SFI_OF_TEMPLATES:
        return True
    objects = objects_of(exchange.response.data)
    return bool(objects) and objects[0].tag == RECORD


def answer_of(exchange: Exchange) -> tuple[str, Evidence | None]:
    """The status word of an answer in words, empty for 9000; and where it stands."""
    response = exchange.response
    if response is None:
        return "no answer in this capture", None
    if response.sw is None:
        return "no status word", None
    text = ""
    if response.sw != 0x9000:
        meaning, _ = status(exchange)
        text = f"{response.sw:04X} {meaning}"
    size = len(response.data)
    return text, Evidence(exchange.index, "response", size, size + 2)


def cryptogram(exchange: Exchange) -> tuple[str, Evidence | None]:
    """The type of the cryptogram in an answer and the bytes that say so; None without one.

    The CID says it (EMV Book 3, 6.5.5.4); where a Visa card leaves it out, the CVR in the IAD does.
    The type is empty where neither does.
    """
    response = exchange.response
    if ins_of(exchange) not in (emv.GENERATE_AC, emv.GPO):
        return "", None
    if response is None or not iso7816.accepted(response):
        return "", None
    cid, ac, iad = drawn(exchange, _of_cryptogram)
    shown = cid or ac
    if shown is None or not shown.value:
        return "", None
    kind = ""
    if cid is not None:
        kind = ac_type(cid.value[0])
    else:
        visa_kind = _kind_in_visa_cvr(exchange, iad)
        if iad is not None and visa_kind is not None:
            kind, shown = visa_kind, iad
    return kind, Evidence(exchange.index, "response", shown.start, shown.stop)


def _of_cryptogram(root: Node) -> tuple[Node | None, Node | None, Node | None]:
    """CID, cryptogram and IAD of an answer."""
    answer = next(half for side, half in halves_of(root) if side == "response")
    return answer.find("9F27"), answer.find("9F26"), answer.find("9F10")


def _kind_in_visa_cvr(exchange: Exchange, iad: Node | None) -> str | None:
    """The type in bits 6 and 5 of a CVR of three bytes, a layout of Visa; None in another."""
    if iad is None or not exchange.context.aid.startswith(VISA):
        return None
    cvr_length, cvr = iad.value[3:4], iad.value[4:]
    if cvr_length != b"\x03" or not cvr:
        return None
    # As in a CID, but two bits further right.
    return ac_type(cvr[0] << 2)


def asked(exchange: Exchange) -> str:
    """The cryptogram that GENERATE AC asks for, "RFU" for the fourth value of P1.

    Empty for another command (EMV Book 3, 6.5.5.2).
    """
    command = exchange.command
    if command is None or command.ins != emv.GENERATE_AC:
        return ""
    return ac_type(command.p1) or "RFU"


def ac_type(byte: int) -> str:
    """AAC, TC or ARQC, by the first two bits of a CID or of P1 of GENERATE AC.

    Empty for the fourth value.
    """
    return KINDS.get(byte & 0xC0, "")


def above(kind: str, other_kind: str) -> bool:
    """Whether a cryptogram grants more than another one.

    ARQC grants more than AAC, TC more than both (EMV Book 3, 9.2.2).
    """
    is_comparable = kind in RANK and other_kind in RANK
    if not is_comparable:
        return False
    return RANK.index(kind) > RANK.index(other_kind)


def bits(item: Element, mask: int) -> str:
    """The names of those bits of a value that are set and in the mask; empty where none is."""
    chosen = int.from_bytes(item.value, "big") & mask
    if not chosen:
        return ""
    return item.node.fact.describe(chosen.to_bytes(len(item.value), "big"))
