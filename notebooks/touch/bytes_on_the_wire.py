# SPDX-License-Identifier: MIT
"""Bytes: an APDU for a card in software, the objects of a TLV, and what a speed does to an answer."""

from __future__ import annotations

from functools import cache

from cardlib.core.tlv import scan
from traces.makers.card import Card
from traces.makers.profile import load

from .engine import Lines, Touch, from_hex

AID = "A0000000031010"
T1 = {"protocol": "T=1", "atr": "3BE500FF8131FE45545241434550"}
TEACHER = {
    0x9000: "done",
    0x6700: "wrong length: compare Lc with the data, or leave Le away",
    0x6A81: "this function is not there",
    0x6A82: "no application or file of that name",
    0x6A83: "no such record",
    0x6A86: "P1 or P2 is wrong for this instruction",
    0x6D00: "the card does not know this instruction",
    0x6E00: "the card does not know this class",
    0x6985: "not now: something else must come first",
}
SELECT = bytes.fromhex(f"00A4040007{AID}00")
LONGEST = 90
CASES = {(False, False): 1, (False, True): 2, (True, False): 3, (True, True): 4}


def _bench(cla: str, ins: str, p1: str, p2: str, data: str, le: str, select_first: bool) -> Lines:
    raw = b""
    for text in (cla, ins, p1, p2):
        raw += from_hex(text, 1)
    body = from_hex(data)
    expected = from_hex(le)
    if len(body) > 255 or len(expected) > 1:
        raise ValueError("up to 255 bytes of data, and one byte of Le")
    if body:
        raw += bytes((len(body),))
        raw += body
    raw += expected
    card = _card()
    if select_first:
        card.answer(SELECT)
    answer = card.answer(raw)
    sw = int.from_bytes(answer[-2:])
    case = CASES[bool(body), bool(expected)]
    comment = TEACHER.get(sw, "see the specification of this instruction")
    shown = answer.hex(" ").upper()
    if len(shown) > LONGEST:
        shown = f"{shown[:LONGEST]} ... {shown[-5:]}"
    sent = raw.hex(" ").upper()
    return [f"> {sent}   case {case}", f"< {shown}", f"{sw:04X}: {comment}"]


def _card() -> Card:
    """A payment card over T=1: one command, one answer."""
    return Card(load("visa_contact", T1), 1)


def bench() -> Touch:
    """An APDU, byte by byte, for a payment card in software."""
    fields = {"cla": "00", "ins": "A4", "p1": "04", "p2": "00", "data": AID, "le": "00"}
    none = {"data": "", "le": "00"}
    examples = [
        {"ins": "A4", "data": AID},
        {"data": "A0000000041010"},
        {"p1": "FF"},
        {"cla": "80", "ins": "20"},
        {"ins": "B2", "p1": "01", "p2": "0C", **none, "select_first": False},
        {"ins": "B2", "p1": "09", "p2": "0C", **none, "select_first": True},
        {"cla": "80", "ins": "A8", "p1": "00", "data": "8300", "select_first": True},
        {"cla": "80", "ins": "A8", "p1": "00", "data": "83060276E0F8C822", "select_first": True},
    ]
    return Touch("Send a command", {**fields, "select_first": False}, _bench, examples)


@cache
def _fci() -> bytes:
    """What the card answers to SELECT."""
    answer = _card().answer(SELECT)
    return answer[:-2]


def _objects(data: bytes) -> dict[int, str]:
    """Where each object begins, at every level."""
    return {begin: tag for tag, _, begin, *_ in scan(data)}


def _puzzle(begins: str) -> Lines:
    data = _fci()
    right = _objects(data)
    rows = [f"{at:3}  {data[at : at + 16].hex(' ').upper()}" for at in range(0, len(data), 16)]
    named = {int(word) for word in begins.replace(",", " ").split()}
    values = [(begin, start, stop) for _, _, begin, start, stop, _ in scan(data)]
    for place in sorted(named):
        rows.append(f"byte {place}: {_comment(place, right, values, data)}")
    missing = len(set(right) - named)
    return [*rows, f"{len(named & set(right))} of {len(right)} objects found, {missing} to go"]


def _comment(place: int, right: dict[int, str], values: list[tuple[int, int, int]], data: bytes) -> str:
    """What stands at a place that was named."""
    if place in right:
        return f"yes, {right[place]}"
    if not 0 <= place < len(data):
        return "there is no such byte"
    begin = start = 0
    for first, body, stop in values:
        if first <= place < stop:
            begin, start = first, body
    tag = right[begin]
    if place == start - 1:
        return f"that is the length of {tag}"
    if place < start:
        return f"that is the second byte of the tag {tag}"
    if tag == "9F38":
        return "a DOL has tags and lengths without values: none of its entries is an object"
    return f"that is inside the value of {tag}"


def tlv_puzzle() -> Touch:
    """Where does each object begin? Feedback by the kind of slip."""
    places = _objects(_fci())
    overleaf = ", ".join(f"{tag} at {at}" for at, tag in sorted(places.items()))
    controls = {"begins": "0 2 3"}
    examples = [{"begins": "0 2 3 20 35 37"}]
    return Touch("Name the bytes with which an object begins", controls, _puzzle, examples, overleaf)


SPEEDS = {
    "9600 bit/s (Fi 372, Di 1)": (372, 1),
    "38 kbit/s (Fi 372, Di 4)": (372, 4),
    "223 kbit/s (Fi 512, Di 32)": (512, 32),
}
CLOCK_HZ, CHARACTER = 3_571_200, 12  # bits of a byte over T=0
WIDTH = 60


def _speed(speed: str, sent: int, answered: int, card_ms: int) -> Lines:
    fi, di = SPEEDS[speed]
    cycles = CHARACTER * fi / di
    byte_ms = 1000 * cycles / CLOCK_HZ
    command_ms = sent * byte_ms
    answer_ms = answered * byte_ms
    total = command_ms + card_ms + answer_ms
    bar = ""
    for mark, ms in ((">", command_ms), ("#", card_ms), ("<", answer_ms)):
        bar += mark * round(WIDTH * ms / total)
    wire = 100 * (total - card_ms) / total
    shares = f"command {command_ms:.1f} ms, card {card_ms:.1f} ms, answer {answer_ms:.1f} ms"
    return [bar, f"{shares}: {total:.1f} ms in all, {wire:.0f} % wire"]


def speed() -> Touch:
    """What a faster wire does to an answer, and what it does not."""
    controls = {"speed": list(SPEEDS), "sent": (5, 260, 5), "answered": (2, 258, 250), "card_ms": (1, 500, 15)}
    return Touch("Who takes the time?", controls, _speed, [{"speed": name} for name in SPEEDS])
