# SPDX-License-Identifier: MIT
"""The data elements of a transaction in the order of time, and the data that the issuer signed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field

from ...apps import emv, iso7816
from ...core import tlv
from ...core.codec import to_hex
from ...core.errors import NotVerifiable
from ...core.model import Evidence, Exchange, Node, Side, record
from ...road.meaning import drawn, halves_of

MAX_AFL = 252
MAX_STATIC = 65_536
# Records of these files are signed without tag and length of template 70 (EMV Book 3, 10.3).
TEMPLATE_SFIS = range(1, 11)
_AIP_ALONE = b"\x82"

# A record: its SFI and its number.
Place = tuple[int, int]


@record
class Element:
    """One data element as it was sent or answered, not cut off, with the bytes that hold it."""

    tag: str
    value: bytes
    evidence: Evidence
    exchange: Exchange = field(repr=False)
    node: Node = field(repr=False)

    @property
    def hex(self) -> str:
        return to_hex(self.value)

    @property
    def text(self) -> str:
        return self.node.text

    def part(self, name: str) -> bytes:
        """The bytes of the first part with that name; empty without one."""
        node = self._part(name)
        return node.value if node else b""

    def part_text(self, name: str) -> str:
        """What the first part with that name says; empty without one."""
        node = self._part(name)
        return node.text if node else ""

    def _part(self, name: str) -> Node | None:
        nodes = [self.node]
        while nodes:
            node = nodes.pop()
            if node.name == name:
                return node
            nodes.extend(reversed(node.children))
        return None


def evidence_of(*items: Element | Evidence | None) -> tuple[Evidence, ...]:
    """The bytes of these; those that are not there are left out."""
    places = []
    for item in items:
        if isinstance(item, Element):
            places.append(item.evidence)
        elif item:
            places.append(item)
    return tuple(places)


def found(exchanges: Iterable[Exchange], *tags: str, file: str = "") -> Iterator[Element]:
    """The data elements with these tags (without any: all) in the order of time.

    `file` is named in their evidence. What is cut off is left out, and so are the records of the
    transaction log: they are of other transactions.
    """
    for exchange in exchanges:
        is_log = _is_log(exchange)
        for side, node in drawn(exchange, _tagged):
            if is_log and side == "response":
                continue
            if tags and node.tag not in tags:
                continue
            evidence = Evidence(exchange.index, side, node.start, node.stop, file)
            yield Element(node.tag, node.value, evidence, exchange, node)


def _tagged(root: Node) -> list[tuple[Side, Node]]:
    """The nodes with a tag that stand on the wire and are whole, with their half."""
    tagged = []
    for side, half in halves_of(root):
        for _, node in half.walk():
            if node.tag and not node.error and node.buf is half.buf:
                tagged.append((side, node))
    return tagged


def _is_log(exchange: Exchange) -> bool:
    """Whether a record was read that is not a template 70: an entry of the log (EMV Book 3, D4)."""
    command, response = exchange.command, exchange.response
    if command is None or command.ins != iso7816.READ_RECORD:
        return False
    if response is None or not response.data:
        return False
    return response.data[0] != 0x70


@record
class StaticData:
    """What the issuer signed (EMV Book 3, 10.3).

    Where it is not `complete`, `missing` says what is missing and why.
    """

    value: bytes = field(repr=False)
    complete: bool
    missing: tuple[str, ...]
    evidence: tuple[Evidence, ...] = field(repr=False)


def static_data(exchanges: Sequence[Exchange]) -> StaticData:
    """The records that the AFL marks as signed, in its order.

    The AIP comes behind them where the SDA tag list (9F4A) names it.
    """
    last = {item.tag: item for item in found(exchanges, "94", "9F4A", "82")}
    afl = last.get("94")
    if afl is None:
        reason = "no AFL (94) in this capture: not known which records are signed"
        return StaticData(b"", False, (reason,), ())
    value = b""
    evidence = [afl.evidence]
    missing = illegal(afl.value)
    if not missing:
        value, places, missing = _signed_records(exchanges, afl.value)
        evidence += places
    try:
        aip, places = _listed_aip(last.get("9F4A"), last.get("82"))
    except NotVerifiable as error:
        missing.append(error.reason)
    else:
        value += aip
        evidence += places
    return StaticData(value, not missing, tuple(missing), tuple(evidence))


def _signed_records(
    exchanges: Sequence[Exchange], afl: bytes
) -> tuple[bytes, list[Evidence], list[str]]:
    """The signed bytes of the records, where they stand, and what is missing of them."""
    answers = records(exchanges)
    parts: list[bytes] = []
    evidence: list[Evidence] = []
    missing: list[str] = []
    size = 0
    for sfi, number in afl_places(afl, signed=True):
        exchange = answers.get((sfi, number))
        try:
            part = _signed_part(exchange, f"record {number} of SFI {sfi}", sfi)
        except NotVerifiable as error:
            missing.append(error.reason)
            continue
        parts.append(part)
        if exchange and exchange.response:
            stop = len(exchange.response.data)
            evidence.append(Evidence(exchange.index, "response", stop - len(part), stop))
        size += len(part)
        if size > MAX_STATIC:
            return b"", evidence, [f"more than {MAX_STATIC} bytes of records"]
    return b"".join(parts), evidence, missing


def illegal(afl: bytes) -> list[str]:
    """What is wrong with an AFL, and with each of its entries (EMV Book 3, 10.2)."""
    if not afl or len(afl) % 4 or len(afl) > MAX_AFL:
        return [f"an AFL of {len(afl)} bytes is not a list of entries of 4 bytes"]
    faults = []
    for entry in emv.parse_afl(afl):
        count = entry.last - entry.first + 1
        is_sfi = 1 <= entry.sfi <= 30
        is_range = 1 <= entry.first <= entry.last
        if not is_sfi or not is_range or entry.signed > count:
            range_text = f"records {entry.first} to {entry.last}, {entry.signed} signed"
            faults.append(f"AFL entry SFI {entry.sfi}, {range_text}: not legal")
    return faults


def afl_places(afl: bytes, signed: bool = False) -> list[Place]:
    """Each record that an AFL names, or only those that it marks as signed."""
    places = []
    for entry in emv.parse_afl(afl[:MAX_AFL]):
        stop = entry.last + 1
        if signed:
            stop = entry.first + entry.signed
        for number in range(entry.first, stop):
            places.append((entry.sfi, number))
    return places


def records(exchanges: Iterable[Exchange]) -> dict[Place, Exchange]:
    """The exchange that read each record last (EMV Book 3, 6.5.11)."""
    last: dict[Place, Exchange] = {}
    for exchange in exchanges:
        command = exchange.command
        if command is None or command.ins != iso7816.READ_RECORD:
            continue
        # P2: the SFI, then 100 for "P1 is a record number".
        if command.p2 & 7 == 4:
            last[command.p2 >> 3, command.p1] = exchange
    return last


def _signed_part(exchange: Exchange | None, name: str, sfi: int) -> bytes:
    """What of a record is signed; NotVerifiable says why it is not known."""
    if exchange is None:
        raise NotVerifiable(f"{name} not read in this capture")
    response = exchange.response
    if response is None:
        raise NotVerifiable(f"{name} has no answer in this capture")
    if response.sw is None or response.error:
        raise NotVerifiable(f"{name}: its answer is damaged ({response.error or 'no status word'})")
    if not iso7816.accepted(response):
        raise NotVerifiable(f"{name} refused: {response.sw:04X}")
    rows = tlv.scan(response.data)
    if not rows:
        raise NotVerifiable(f"{name} is not one whole template 70")
    tag, _, start, body, stop, error = rows[0]
    is_alone = start == 0 and stop == len(response.data)
    is_broken = bool(error) and not error.startswith(tlv.NOTE)
    if tag != "70" or not is_alone or is_broken:
        raise NotVerifiable(f"{name} is not one whole template 70")
    if sfi in TEMPLATE_SFIS:
        return response.data[body:]
    return response.data


def _listed_aip(tag_list: Element | None, aip: Element | None) -> tuple[bytes, list[Evidence]]:
    """The AIP where the SDA tag list names it, which may name nothing else (EMV Book 3, 10.3)."""
    if tag_list is None:
        return b"", []
    if tag_list.value != _AIP_ALONE:
        names = "names other data than the AIP (82) alone, which is all that it may"
        raise NotVerifiable(f"the SDA tag list (9F4A) {names}")
    if aip is None:
        raise NotVerifiable("no AIP (82) in this capture, which the SDA tag list names")
    return aip.value, [tag_list.evidence, aip.evidence]
