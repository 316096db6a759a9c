# SPDX-License-Identifier: MIT
"""Captures with planted secrets, written in several formats and damaged at random, and a search for what comes out.

`case(seed)` gives the secrets and the bytes of one damaged capture. Damage hits halves (a byte dropped, a wrong Lc, a
PIN block where something else was expected) or the file (a bit, a line, a frame). Half of all captures get both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import xor
from random import Random

from test_formats_ccid import message, usbmon
from test_formats_gsmtap import ethernet, ip4, tap, udp
from test_formats_iso14443 import frame as air_frame
from test_formats_pcap import packet_file, section_file
from test_formats_proxmark3 import record as air_record
from test_secrets import even, text, tlv

import cardlib
from cardlib import Capture
from cardlib.core.codec import luhn_ok
from cardlib.core.errors import CaptureError
from cardlib.formats.radio import crc_of
from cardlib.share.redaction import redacted

KEY = b"key of the tests"
SURNAMES = ("QUISPE", "MAMANI", "OYELARAN", "SZYMBORSKA", "KOVACEVIC", "NGUYENVAN")
GIVEN = ("MARISOL", "EUGENIUSZ", "ABIDEMI", "KLEMENTYNA", "BRUNHILDE")
ATR_T0, ATR_T1 = "3B6500002063CB6F00", "3B80018101"

Half = bytes
Dialogue = list[tuple[Half, Half]]


@dataclass(frozen=True)
class Person:
    """What must not come out, as digits and letters."""

    pan: str
    name: str
    pin: str
    key: str
    iccid: str
    imsi: str


def person(rng: Random) -> Person:
    """Digits without zeros in PIN and key, so that no padding is taken for a part of them."""
    body = rng.choice(("4761", "5413", "3742", "6222")) + _digits(rng, 11)
    pan = next(f"{body}{digit}" for digit in range(10) if luhn_ok(f"{body}{digit}"))
    return Person(
        pan,
        f"{rng.choice(SURNAMES)}/{rng.choice(GIVEN)}",
        "".join(rng.sample("123456789", rng.choice((6, 7, 8)))),
        bytes(rng.randrange(0x11, 0x100) for _ in range(16)).hex().upper(),
        "894921" + _digits(rng, 13),
        "26201" + _digits(rng, 10),
    )


def _digits(rng: Random, size: int) -> str:
    return "".join(rng.choices("123456789", k=size))


def _swap(digits: str) -> str:
    return "".join(b + a for a, b in zip(digits[::2], digits[1::2], strict=True))


def _command(header: str, data: str = "", le: str = "") -> str:
    lc = f"{len(data) // 2:02X}" if data else ""
    return header + lc + data + le


# Dialogues: commands and answers in hex.


def _payment(who: Person, rng: Random) -> Iterator[tuple[str, str]]:
    aid = rng.choice(("A0000000031010", "A0000000041010", "A000000333010101"))
    yield (
        _command("00A40400", aid, "00"),
        tlv("6F", tlv("84", aid) + tlv("A5", tlv("50", text("VISA DEBIT")))) + "9000",
    )
    yield "80A8000002830000", tlv("77", "82025C00" + tlv("94", "0801010010010301")) + "9000"
    records = [
        tlv("5A", who.pan.ljust(16, "F")) + tlv("5F24", "291231"),
        tlv("57", even(f"{who.pan}D29122010000012345")),
        tlv("5F20", text(who.name.ljust(22))) + tlv("9F1F", text("0123456789")),
    ]
    for number, content in enumerate(records, 1):
        yield f"00B2{number:02X}0C00", tlv("70", content) + "9000"
    yield from _pin(who, rng)
    yield (
        _command("80AE8000", "00000000425000000000000002760000008000097826031400" + "5C1A0E77"),
        tlv("77", "9F2701809F36020123" + tlv("9F26", "A1B2C3D4E5F60718")) + "9000",
    )


def _pin(who: Person, rng: Random) -> Iterator[tuple[str, str]]:
    block = f"2{len(who.pin):X}{who.pin}".ljust(16, "F")
    ascii_pin = text(who.pin).ljust(16, "F")
    header = rng.choice(("00200080", "00200001", "00200081", "A0200001", "0021008" + "0"))
    pin = rng.choice((block, block, ascii_pin, even(who.pin), text(who.pin)))
    yield _command(header, pin), rng.choice(("9000", "63C2", "6983", "6700"))
    if rng.random() < 0.3:
        yield _command(rng.choice(("00240080", "002C0081", "A02C0001")), pin + pin), "9000"


def _sim(who: Person, rng: Random) -> Iterator[tuple[str, str]]:
    yield _command("00A40004", "3F00"), "6116"
    yield _command("00A40004", "2FE2"), "6116"
    yield "00B000000A", _swap(even(who.iccid)) + "9000"
    yield _command("00A40004", "7FF0"), "9000"
    yield _command("00A40004", "6F07"), "9000"
    yield "00B0000009", "08" + _swap("9" + who.imsi) + "9000"
    yield from _pin(who, rng)
    yield _command("00880081", f"10{who.key}10{who.key[::-1]}", "00"), tlv("DB", who.key) + "9000"


def _keys(who: Person, rng: Random) -> Iterator[tuple[str, str]]:
    yield _command("FF820000", who.key), "9000"
    yield _command("80D80181", f"018010{who.key}03112233"), "9000"
    yield _command("80E20000", tlv("8000", who.key + who.key)), "9000"
    yield from _pin(who, rng)
    yield "00CA9F7F00", tlv("9F7F", who.key) + "9000"


def _identity(who: Person, rng: Random) -> Iterator[tuple[str, str]]:
    yield _command("00A4040C", "A0000002471001"), "9000"
    yield _command("00A4020C", "0101"), "9000"
    zone = text(f"P<UTO{who.name.replace('/', '<<')}".ljust(44, "<") + who.pan[:9])
    yield "00B0000000", tlv("61", tlv("5F1F", zone)) + "9000"
    yield _command("00A4040C", "A000000308000010000100"), "9000"
    yield _command("00CB3FFF", "5C035FC109", "00"), tlv("53", tlv("01", text(who.name))) + "9000"
    yield from _pin(who, rng)


def dialogue(who: Person, rng: Random) -> Dialogue:
    """A few exchanges of one kind of card; a part of them is left out."""
    kind = rng.choice((_payment, _payment, _sim, _keys, _identity))
    pairs = [(bytes.fromhex(a), bytes.fromhex(b)) for a, b in kind(who, rng)]
    return [pair for pair in pairs if rng.random() < 0.7]


# Damage of halves.


def _hurt(data: bytes, rng: Random) -> bytes:
    if not data:
        return rng.randbytes(3)
    at = rng.randrange(len(data))
    size = rng.choice((1, 1, 2, 3, 5, 8))
    return rng.choice(
        (
            data[:at] + data[at + size :],
            data[:at] + rng.randbytes(size) + data[at:],
            data[:at],
            data[at:],
            data[:at] + data[at + 1 : at + 2] + data[at : at + 1] + data[at + 2 :],
            data[:at] + bytes((data[at] ^ 1 << rng.randrange(8),)) + data[at + 1 :],
            data[:4] + bytes((rng.choice((0, 1, len(data), 255, 16)),)) + data[5:],
            rng.randbytes(2) + data[2:],
            data[:at] + data[:size] + data[at:],
        )
    )


def _hurt_dialogue(pairs: Dialogue, who: Person, rng: Random) -> Dialogue:
    halves = [half for pair in pairs for half in pair]
    block = bytes.fromhex(f"2{len(who.pin):X}{who.pin}".ljust(16, "F"))
    for _ in range(rng.choice((1, 1, 2, 3))):
        at, other = rng.randrange(len(halves)), rng.randrange(len(halves))
        kind = rng.randrange(8)
        if kind < 3:
            halves[at] = _hurt(halves[at], rng)
        elif kind == 3:
            del halves[at]
        elif kind == 4:
            halves[at], halves[other] = halves[other], halves[at]
        elif kind == 5:
            halves[at] = rng.choice((block, block + b"\x90\0", halves[at][:5] + block))
        elif kind == 6:
            halves[at] = halves[at] + halves[other]
        else:
            halves.insert(at, halves[other][rng.randrange(9) :])
        if len(halves) < 2:
            return pairs
    halves += [b""] * (len(halves) % 2)
    return list(zip(halves[::2], halves[1::2], strict=True))


# Formats.


def _rows(pairs: Dialogue, *frames: dict[str, object], kind: str = "apdu") -> bytes:
    rows: list[dict[str, object]] = [{"card_capture": 1}, {"session": 0}, *frames]
    for at, half in enumerate(half for pair in pairs for half in pair):
        sender = "card" if at % 2 else "reader"
        rows.append({"t": 1000 * at, "from": sender, "kind": kind, "data": half.hex().upper()})
    return "\n".join(map(json.dumps, rows)).encode() + b"\n"


def _own(pairs: Dialogue, rng: Random) -> bytes:
    return _rows(pairs)


def _lines(pairs: Dialogue, rng: Random) -> bytes:
    form = rng.choice((bytes.hex, lambda half: half.hex(" ")))
    return "".join(f"> {form(a)}\n< {form(b)}\n" for a, b in pairs).encode()


def _opensc(pairs: Dialogue, rng: Random) -> bytes:
    head = "P:4486; T:0x140259096578112 15:32:20.500 [opensc-tool] reader-pcsc.c:326:pcsc_transmit:"
    rows = []
    for pair in pairs:
        for half, way in zip(pair, ("Outgoing", "Incoming"), strict=True):
            rows += ["", f"{head} ", f"{way} APDU ({len(half)} bytes):"]
            for at in range(0, len(half), 16):
                part = half[at : at + 16]
                shown = re.sub("[^ -~]", ".", part.decode("latin-1"))
                rows.append(f"{part.hex(' ').upper()} {shown}")
    return "\n".join(rows).encode()


def _pcscd(pairs: Dialogue, rng: Random) -> bytes:
    rows = [f"00000005 Card ATR: {bytes.fromhex(ATR_T0).hex(' ').upper()} "]
    for a, b in pairs:
        rows.append(f"00001000 APDU: {a.hex(' ').upper()} ")
        rows.append(f"00030000 SW: {b.hex(' ').upper()} ")
    return "\n".join(rows).encode() + b"\n"


def _at(pairs: Dialogue, rng: Random) -> bytes:
    rows = ["ATE1", "OK"]
    for a, b in pairs:
        rows.append(f'AT+CSIM={2 * len(a)},"{a.hex().upper()}"')
        rows += [f'+CSIM: {2 * len(b)},"{b.hex().upper()}"', "OK"]
    return "\n".join(rows).encode() + b"\n"


def _gsmtap(pairs: Dialogue, rng: Random) -> bytes:
    """Units of T=0: data one way, and the rest by GET RESPONSE."""
    units = [tap(bytes.fromhex(ATR_T0), 1)]
    for command, answer in pairs:
        header = command[:5].ljust(5, b"\0")
        body = command[5 : 5 + header[4]]
        rest = bytes((len(answer) - 2 & 0xFF,))
        if not body:
            units.append(tap(header[:4] + rest + answer))
        elif len(answer) == 2:
            units.append(tap(header + body + answer))
        else:
            units.append(tap(header + body + b"\x61" + rest))
            units.append(tap(bytes.fromhex("00C00000") + rest + answer))
    return section_file([ethernet(ip4(udp(unit))) for unit in units])


def _t1(pairs: Dialogue) -> list[tuple[str, bytes]]:
    """Blocks of T=1, halves of more than 30 bytes in two."""
    blocks: list[tuple[str, bytes]] = []
    counts = {"reader": 0, "card": 0}
    for pair in pairs:
        for sender, half, other in (("reader", pair[0], "card"), ("card", pair[1], "reader")):
            parts = [half[at : at + 30] for at in range(0, len(half), 30)] or [b""]
            for place, part in enumerate(parts):
                more = place + 1 < len(parts)
                pcb = 0x40 * counts[sender] | 0x20 * more
                counts[sender] ^= 1
                blocks.append((sender, bytes((0, pcb, len(part))) + part))
                if more:
                    blocks.append((other, bytes((0, 0x80 | 0x10 * counts[sender], 0))))
    return [(sender, block + bytes((reduce(xor, block),))) for sender, block in blocks]


def _air(pairs: Dialogue) -> list[tuple[str, bytes]]:
    """Blocks of ISO/IEC 14443-4, halves of more than 30 bytes in parts."""
    blocks: list[tuple[str, bytes]] = []
    number = 0
    for command, answer in pairs:
        for sender, half, other in (("reader", command, "card"), ("card", answer, "reader")):
            parts = [half[at : at + 30] for at in range(0, len(half), 30)] or [b""]
            for place, part in enumerate(parts):
                more = place + 1 < len(parts)
                blocks.append((sender, bytes((0x02 | 0x10 * more | number,)) + part))
                if more:
                    number ^= sender == "reader"
                    blocks.append((other, bytes((0xA2 | number,))))
                    number ^= sender == "card"
        number ^= 1
    return [(sender, block + crc_of("A", block)) for sender, block in blocks]


def _t1_rows(pairs: Dialogue, rng: Random) -> bytes:
    rows: list[dict[str, object]] = [{"card_capture": 1}, {"session": 0}]
    rows.append({"t": 0, "from": "card", "kind": "atr", "data": ATR_T1})
    for sender, block in _t1(pairs):
        rows.append({"t": 1, "from": sender, "kind": "block", "data": block.hex().upper()})
    return "\n".join(map(json.dumps, rows)).encode() + b"\n"


def _ccid(pairs: Dialogue, rng: Random) -> bytes:
    atr = bytes.fromhex(ATR_T1)
    rows = [message(0x62, seq=1), message(0x80, atr, 1)]
    if rng.random() < 0.5:
        halves = [(("reader", "card")[at], half) for pair in pairs for at, half in enumerate(pair)]
    else:
        halves = _t1(pairs)
    for seq, (sender, data) in enumerate(halves, 2):
        rows.append(message(0x6F if sender == "reader" else 0x80, data, seq & 255))
    return section_file([usbmon(row) for row in rows], link=220)


def _proxmark(pairs: Dialogue, rng: Random) -> bytes:
    start = 1000
    rows = [air_record(0, bytes.fromhex("26")), air_record(500, bytes.fromhex("0400"), True)]
    for sender, block in _air(pairs):
        start += 30_000
        rows.append(air_record(start, block, sender == "card"))
    return b"".join(rows)


def _iso14443(pairs: Dialogue, rng: Random) -> bytes:
    rows = []
    for sender, block in _air(pairs):
        rows.append(air_frame(0xFE if sender == "reader" else 0xFF, block))
    return packet_file(rows, link=264)


def _scsniff(pairs: Dialogue, rng: Random) -> bytes:
    """The bytes of T=0: header, procedure byte, data, status word."""
    pieces = [("card", bytes.fromhex(ATR_T0))]
    for command, answer in pairs:
        header, body = command[:5].ljust(5, b"\0"), command[5:]
        pieces.append(("reader", header))
        if body:
            pieces += [("card", header[1:2]), ("reader", body)]
        elif len(answer) > 2:
            pieces += [("card", header[1:2]), ("card", answer[:-2])]
        pieces.append(("card", answer[-2:] if not body else answer))
    rows = ["== Opened /dev/ttyUSB0", "== Waiting for reset..  Done"]
    for at, (sender, piece) in enumerate(pieces):
        arrow = "<<<" if sender == "reader" else ">>>"
        rows.append(f"+{0.1 + at / 1000:.6f}s | CARD{arrow} | {piece.hex(' ').upper()}")
    return "\n".join(rows).encode() + b"\n"


FORMATS: dict[str, tuple[str, Callable[[Dialogue, Random], bytes]]] = {
    "own": ("card.jsonl", _own),
    "lines": ("hex pairs", _lines),
    "OpenSC": ("OpenSC debug log", _opensc),
    "pcscd": ("pcscd log", _pcscd),
    "AT": ("AT commands", _at),
    "GSMTAP": ("GSMTAP-SIM", _gsmtap),
    "CCID": ("USB CCID", _ccid),
    "T=1": ("card.jsonl", _t1_rows),
    "Proxmark3": ("Proxmark3 trace", _proxmark),
    "ISO 14443": ("ISO 14443 pcap", _iso14443),
    "scsniff": ("scsniff", _scsniff),
}


# Damage of files.


def _hurt_text(data: bytes, rng: Random) -> bytes:
    lines = data.split(b"\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(5)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
    elif kind == 2:
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 3:
        lines[at : at + 2] = [b"".join(lines[at : at + 2])]
    else:
        lines.insert(at, lines[other][rng.randrange(len(lines[other]) + 1) :])
    return b"\n".join(lines)


def _hurt_bytes(data: bytes, rng: Random) -> bytes:
    at = rng.randrange(min(40, len(data) - 1), len(data))
    size = rng.choice((1, 1, 2, 2, 4, 6, 16, 40))
    kind = rng.randrange(6)
    if kind == 0:
        return data[:at] + data[at + size :]
    if kind == 1:
        return data[:at] + rng.randbytes(size) + data[at:]
    if kind == 2:
        return data[:at] + bytes((data[at] ^ 1 << rng.randrange(8),)) + data[at + 1 :]
    if kind == 3:
        return (
            data[:at]
            + data[at + size : at + 2 * size]
            + data[at : at + size]
            + data[at + 2 * size :]
        )
    if kind == 4:
        return data[:at] + b"0123456789ABCDEF "[rng.randrange(17) :][:1] + data[at + 1 :]
    return data[:at]


def case(seed: int) -> tuple[str, Person, bytes]:
    """The name of a way to write, whose secrets they are, and a damaged capture."""
    rng = Random(seed)
    who = person(rng)
    name = list(FORMATS)[seed % len(FORMATS)]
    pairs: Dialogue = []
    while not pairs:
        pairs = dialogue(who, rng)
    where = rng.random()
    if where < 0.7:
        pairs = _hurt_dialogue(pairs, who, rng)
    data = FORMATS[name][1](pairs, rng)
    if where > 0.4:
        for _ in range(rng.choice((1, 1, 2, 4))):
            is_text = b"\0" not in data and rng.random() < 0.6
            data = (_hurt_text if is_text else _hurt_bytes)(data or b"\n ", rng)
            if len(data) < 2:
                break
    return name, who, data


# The search.


def _parts(digits: str, size: int) -> set[str]:
    return {digits[at : at + size] for at in range(len(digits) - size + 1)}


def forms(who: Person) -> dict[str, set[str]]:
    """Parts of secrets as hex digits: ten digits of a PAN, five letters, six digits of a PIN, eight of a key."""
    number = _parts(who.pan, 10)
    pin = _parts(who.pin, 6)
    return {
        "PAN": number | {text(part) for part in number},
        "swapped PAN": _parts(_swap(who.pan), 10),
        "name": {text(part) for word in who.name.split("/") for part in _parts(word, 5)},
        "PIN": pin | {text(part) for part in pin},
        "key": _parts(who.key, 8),
        "ICCID": _parts(_swap(even(who.iccid))[4:], 10),
        "IMSI": _parts(_swap("9" + who.imsi)[4:], 8),
    }


_MADE = re.compile(r"9999\d{9,15}|89999\d{13,15}")
_DATA = re.compile(r'"(?:data|raw)": "([0-9A-F]*)"')


def found_in(output: str, who: Person) -> list[str]:
    """Which parts of secrets stand in an output: in its bytes, or as text."""
    data = _DATA.findall(output)
    joined = "|".join(data) + "|" + "".join(data) + "|" + "".join(part[:-4] for part in data)
    digits = _MADE.sub("-", joined)
    hits = [kind for kind, parts in forms(who).items() if any(part in digits for part in parts)]
    around = "".join(_DATA.sub("", output).upper().split())
    hits += [kind for kind, parts in forms(who).items() if any(part in around for part in parts)]
    hits += [word for word in who.name.split("/") if word in around]
    return sorted(set(hits))


def capture_of(seed: int) -> Capture:
    """A damaged capture; CaptureError where it cannot be read."""
    name, _, data = case(seed)
    return cardlib.read_text(data.decode("utf-8", "surrogateescape"), FORMATS[name][0])


def leaks(seed: int) -> list[str] | None:
    """What of its secrets a damaged capture still shows after `redact`; None where it cannot be read."""
    try:
        capture = capture_of(seed)
    except CaptureError:
        return None
    manifest, output = redacted(capture, KEY)
    return found_in(output + str(manifest), person(Random(seed)))
