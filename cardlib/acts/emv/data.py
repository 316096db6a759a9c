# SPDX-License-Identifier: MIT
"""The data elements of a transaction in the order of time, and the static data that the card's issuer signed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field

from ...apps import emv, iso7816
from ...core import tlv
from ...core.codec import to_hex
from ...core.model import Evidence, Exchange, Node, record
from ...road.pipeline import halves

MAX_AFL, MAX_STATIC = 252, 65_536
TEMPLATE_SFIS = range(1, 11)  # their records are signed without tag and length of template 70
_AIP_ALONE = b"\x82"


@record
class Found:
    """One data element as it was sent or answered, whole, with the bytes that hold it."""

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
        """The bytes of a part with that name, or nothing."""
        return next((node.value for _, node in self.node.walk() if node.name == name), b"")


def evidence_of(*about: Found | Evidence | None) -> tuple[Evidence, ...]:
    """The bytes of these; those that are not there are left out."""
    return tuple(one.evidence if isinstance(one, Found) else one for one in about if one)


def found(exchanges: Iterable[Exchange], *tags: str, file: str = "") -> Iterator[Found]:
    """The data elements with these tags (without any: all) in the order of time; `file` is named in their evidence.

    What is cut off is left out, and so are the records of the transaction log: they tell of other transactions.
    """
    for exchange in exchanges:
        for side, half in halves(exchange):
            if side == "response" and _is_log(exchange):
                continue
            for _, node in half.walk():
                if (
                    node.tag
                    and (not tags or node.tag in tags)
                    and not node.error
                    and node.buf is half.buf
                ):
                    evidence = Evidence(exchange.index, side, node.start, node.stop, file)
                    yield Found(node.tag, node.value, evidence, exchange, node)


def _is_log(exchange: Exchange) -> bool:
    """Whether a record was read that is not a template 70: an entry of the log (EMV Book 3, D4)."""
    command, response = exchange.command, exchange.response
    read = response.data[:1] if response and command and command.ins == iso7816.READ_RECORD else b""
    return read not in (b"", b"\x70")


@record
class StaticData:
    """What the issuer signed (EMV Book 3, 10.3); where it is not `complete`, `missing` says what and why."""

    value: bytes = field(repr=False)
    complete: bool
    missing: tuple[str, ...]
    evidence: tuple[Evidence, ...] = field(repr=False)


def static_data(exchanges: Sequence[Exchange]) -> StaticData:
    """The records that the AFL marks as signed, in its order, and the AIP where the tag list 9F4A names it."""
    told = {one.tag: one for one in found(exchanges, "94", "9F4A", "82")}
    afl = told.get("94")
    if afl is None:
        return StaticData(
            b"", False, ("no AFL (94) in this capture: not known which records are signed",), ()
        )
    parts, missing, evidence = [], illegal(afl.value), [afl.evidence]
    places = [] if missing else afl_places(afl.value, signed=True)
    answers, size = records(exchanges), 0
    for sfi, number in places:
        exchange = answers.get((sfi, number))
        part, reason = _signed_part(exchange, sfi, number)
        size += len(part)
        missing += [reason] * bool(reason)
        if exchange and not reason:
            parts.append(part)
            stop = len(exchange.response.data) if exchange.response else 0
            evidence.append(Evidence(exchange.index, "response", stop - len(part), stop))
        if size > MAX_STATIC:
            missing, parts = [f"more than {MAX_STATIC} bytes of records"], []
            break
    aip, reason, named = _listed(told.get("9F4A"), told.get("82"))
    missing += [reason] * bool(reason)
    return StaticData(b"".join(parts) + aip, not missing, tuple(missing), tuple(evidence + named))


def illegal(afl: bytes) -> list[str]:
    """What is wrong with an AFL as a whole, and with each of its entries (EMV Book 3, 10.2)."""
    if not afl or len(afl) % 4 or len(afl) > MAX_AFL:
        return [f"an AFL of {len(afl)} bytes is not a list of entries of 4 bytes"]
    return [
        f"AFL entry SFI {one.sfi}, records {one.first} to {one.last}, {one.signed} signed: not legal"
        for one in emv.parse_afl(afl)
        if not (
            1 <= one.sfi <= 30
            and 1 <= one.first <= one.last
            and one.signed <= one.last - one.first + 1
        )
    ]


def afl_places(afl: bytes, signed: bool = False) -> list[tuple[int, int]]:
    """(SFI, record number) of each record that an AFL names, or of those only that it marks as signed."""
    entries = emv.parse_afl(afl[:MAX_AFL])
    return [
        (e.sfi, n)
        for e in entries
        for n in range(e.first, e.first + e.signed if signed else e.last + 1)
    ]


def records(exchanges: Iterable[Exchange]) -> dict[tuple[int, int], Exchange]:
    """The exchange that read each record last, by SFI and record number (EMV Book 3, 6.5.11)."""
    found: dict[tuple[int, int], Exchange] = {}
    for exchange in exchanges:
        command = exchange.command
        if command is not None and command.ins == iso7816.READ_RECORD and command.p2 & 7 == 4:
            found[command.p2 >> 3, command.p1] = exchange
    return found


def _signed_part(exchange: Exchange | None, sfi: int, number: int) -> tuple[bytes, str]:
    """What of a record is signed, or why it is not known."""
    where = f"record {number} of SFI {sfi}"
    if exchange is None or exchange.response is None:
        return b"", f"{where} {'not read' if exchange is None else 'has no answer'} in this capture"
    response = exchange.response
    if response.sw is None or response.error:
        return b"", f"{where}: its answer is damaged ({response.error or 'no status word'})"
    if not iso7816.accepted(response):
        return b"", f"{where} refused: {response.sw:04X}"
    tag, _, start, body, stop, error = (tlv.scan(response.data) or [("", 0, 0, 0, 0, "")])[0]
    if (
        tag != "70"
        or start
        or stop != len(response.data)
        or (error and not error.startswith(tlv.NOTE))
    ):
        return b"", f"{where} is not one whole template 70"
    return response.data[body if sfi in TEMPLATE_SFIS else 0 :], ""


def _listed(tags: Found | None, aip: Found | None) -> tuple[bytes, str, list[Evidence]]:
    """The AIP where the SDA tag list names it; that list may name nothing else."""
    if tags is None:
        return b"", "", []
    if tags.value != _AIP_ALONE:
        return (
            b"",
            "the SDA tag list (9F4A) names other data than the AIP (82) alone, which is all that it may",
            [],
        )
    if aip is None:
        return b"", "no AIP (82) in this capture, which the SDA tag list names", []
    return aip.value, "", [tags.evidence, aip.evidence]
