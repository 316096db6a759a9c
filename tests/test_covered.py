# SPDX-License-Identifier: MIT
"""Where a format carries a check sum or declares a length, a changed byte changes nothing that comes out, or is told.

What is not covered is not here: stamps, directions, bytes of an APDU in a log without lengths.
"""

from __future__ import annotations

import io
import random
import re
import struct
from collections.abc import Callable, Iterator

import pytest
from test_core_blocks import CRCS
from test_formats_ccid import ATR_T1, message, t1, usbmon
from test_formats_gsmtap import ethernet, summed, tap
from test_formats_iso14443 import capture as iso14443
from test_formats_nfcsnoop import capture as nfcsnoop
from test_formats_nfcsnoop import dump as nfcsnoop_dump
from test_formats_pcap import packet_file, section_file
from test_formats_radio import crc_a
from test_formats_rules import SAMPLES, SESSION
from test_formats_unpack import PACKED
from test_laws import sample

from cardlib.core.model import Coverage, Exchange, Frame, Problem
from cardlib.formats import by_name
from cardlib.formats.radio import crc_fits
from cardlib.formats.unpack import Unpacked, unpacked
from cardlib.road.pipeline import _stream

pytestmark = (
    pytest.mark.no_cover
)  # much of the same: measuring its coverage takes longer than the tests

Spans = Iterator[range]
HALVES = [half for both in SESSION for half in both]
ATR = bytes.fromhex("3B6500002063CB6F00")


def groups(*patterns: bytes) -> Callable[[bytes], Spans]:
    """Where the groups of these patterns stand."""
    found = [re.compile(one, re.M) for one in patterns]
    return lambda data: (
        range(*m.span(g))
        for one in found
        for m in one.finditer(data)
        for g in range(1, one.groups + 1)
    )


def summed_digits(pattern: bytes) -> Callable[[bytes], Spans]:
    """Where the hex digits of frames stand that end in a CRC."""

    def spans(data: bytes) -> Spans:
        for match in re.finditer(pattern, data):
            if crc_fits("A", bytes.fromhex(re.sub(rb"[^0-9A-Fa-f]", b"", match[1]).decode())):
                yield range(*match.span(1))

    return spans


def packets(inside: Callable[[bytes], Spans]) -> Callable[[bytes], Spans]:
    """The lengths of packets in a file, and what `inside` tells of what they carry."""

    def spans(data: bytes) -> Spans:
        at, is_blocks = (0, True) if data.startswith(b"\n\r\r\n") else (24, False)
        while at < len(data):
            if is_blocks:
                kind, length, size = struct.unpack_from("<II12xI", data, at)
                first, stop = at + 28, at + length
                yield from (range(at + 4, at + 8), range(stop - 4, stop))
            else:
                kind, size = 6, struct.unpack_from("<I", data, at + 8)[0]
                first, stop = at + 16, at + 16 + size
                yield range(at + 8, first)
            for one in inside(data[first : first + size]) if kind == 6 else ():
                yield range(first + one.start, first + one.stop)
            at = stop

    return spans


def radio(body: bytes) -> Spans:
    yield range(2, 4)
    if crc_fits("A", body[4:]):
        yield range(4, len(body))


def usb(body: bytes) -> Spans:
    yield from (range(36, 40), range(65, 69))
    if body[64] in (0x6F, 0x80) and body[74:77] != ATR_T1[:3]:
        yield range(74, len(body))  # a block of T=1


def records(data: bytes) -> Spans:
    """Of a Proxmark3: the length without the bit of the direction, a frame with its CRC and all parity bits."""
    at = 0
    while at < len(data):
        size = struct.unpack_from("<H", data, at + 6)[0] & 0x7FFF
        stop = at + 8 + size + (size + 7) // 8
        yield range(at + 6, at + 7)
        yield range(at + 8 if crc_fits("A", data[at + 8 : at + 8 + size]) else at + 8 + size, stop)
        at = stop


def snooped(data: bytes) -> Spans:
    """Of nfcsnoop: the length of a record, and of the NCI packet in it."""
    at = 9
    while at < len(data):
        yield from (range(at, at + 2), range(at + 9, at + 10))
        at += 7 + data[at]


BLOCKS = [
    bytes((0, at // 2 % 2 << 6, len(half) // 2)) + bytes.fromhex(half)
    for at, half in enumerate(HALVES)
]


AIR = [bytes((2 + at // 2 % 2,)) + bytes.fromhex(half) for at, half in enumerate(HALVES)]


def card_jsonl(
    sums: Callable[[bytes], bytes], blocks: list[bytes], kind: str, start: bytes
) -> bytes:
    """The session in blocks."""
    rows = [(kind, "card", start)]
    rows += [("block", "card" if at % 2 else "reader", sums(one)) for at, one in enumerate(blocks)]
    lines = (
        f'{{"from": "{who}", "kind": "{kind}", "data": "{data.hex()}"}}\n'
        for kind, who, data in rows
    )
    return ('{"card_capture": 1}\n' + "".join(lines)).encode()


def pcscd() -> bytes:
    """The session in messages of CCID."""
    rows = [
        message(0x80 if at % 2 else 0x6F, bytes.fromhex(half)).hex(" ")
        for at, half in enumerate(HALVES)
    ]
    lines = (
        f"00000100 {'<-' if at % 2 else '->'} 000000 {row.upper()} \n"
        for at, row in enumerate(rows)
    )
    return ("00000005 Card ATR: 3B 65 00 00 20 63 CB 6F 00 \n" + "".join(lines)).encode()


ROWS = groups(rb"^[0-9A-F]{2}(?: [0-9A-F]{2}){0,15} {1,48}(\S+)$")  # the text beside the hex
DATA = groups(rb'"block", "data": "(\w+)"')
USB = [message(0x62, seq=1), message(0x80, ATR_T1, 1)]
USB += [message(0x80 if at % 2 else 0x6F, t1(one.hex())) for at, one in enumerate(BLOCKS)]
TAPPED = [tap(ATR, 1), *(tap(bytes.fromhex(ask[:10] + tell)) for ask, tell in SESSION[1:])]
# The format, a capture in it, and where it is covered.
COVERED: dict[str, tuple[str, bytes, Callable[[bytes], Spans]]] = {
    "IP and UDP sums": (
        "GSMTAP-SIM",
        section_file([ethernet(summed(one)) for one in TAPPED]),
        packets(lambda body: iter([range(14, len(body))])),
    ),
    "the same in pcap": (
        "GSMTAP-SIM",
        packet_file([ethernet(summed(one)) for one in TAPPED]),
        packets(lambda body: iter([range(14, len(body))])),
    ),
    "CRC in pcap": ("ISO 14443 pcap", iso14443(), packets(radio)),
    "CRC and parity": ("Proxmark3 trace", sample(by_name("Proxmark3 trace")), records),  # type: ignore[arg-type]
    "CRC in JSON": (
        "nfc-laboratory",
        sample(by_name("nfc-laboratory")),
        summed_digits(rb'Data": "([^"]+)"'),
    ),  # type: ignore[arg-type]
    "CRC in a list": (
        "Proxmark3 list",
        SAMPLES["Proxmark3 list"],
        summed_digits(rb"(?:Rdr|Tag) \|([0-9A-F ]+?) *\|"),
    ),
    "CRC in a log": ("Chameleon log", SAMPLES["Chameleon log"], summed_digits(rb"\[([0-9a-f]+)")),
    "sizes of Chameleon": ("Chameleon log", SAMPLES["Chameleon log"], groups(rb"\((\d+) ")),
    "CCID and T=1": (
        "USB CCID",
        section_file([usbmon(one) for one in USB], link=220),
        packets(usb),
    ),
    "LRC": ("card.jsonl", card_jsonl(lambda one: t1(one.hex()), BLOCKS, "atr", ATR_T1), DATA),
    "CRC of T=1": ("card.jsonl", card_jsonl(CRCS["complemented"], BLOCKS, "atr", ATR_T1), DATA),
    "CRC of blocks in the air": (
        "card.jsonl",
        card_jsonl(crc_a, AIR, "ats", crc_a(b"\2\x70")),
        DATA,
    ),
    "CCID in a log": ("pcscd log", pcscd(), groups(rb"(?:->|<-) 000000 \w\w (.{11})")),
    "PN53x": (
        "libnfc log",
        SAMPLES["libnfc log"],
        groups(rb"[TR]X: (?:00 00 ff )?(.*) 00 $", rb"RX: 00 00 ff (.*) $"),
    ),
    "NCI": ("Android NCI log", SAMPLES["Android NCI log"], groups(rb"len = +(\d+) > \w{4}(\w\w)")),
    "sizes of nfcsnoop": ("nfcsnoop", sample(by_name("nfcsnoop")), snooped),  # type: ignore[arg-type]
    "sizes of OpenSC": ("OpenSC debug log", SAMPLES["OpenSC debug log"], groups(rb"\((\d+) bytes")),
    "text of OpenSC": ("OpenSC debug log", SAMPLES["OpenSC debug log"], ROWS),
    "text of opensc-tool": ("opensc-tool output", SAMPLES["opensc-tool output"], ROWS),
    "sizes of GlobalPlatformPro": (
        "GlobalPlatformPro",
        SAMPLES["GlobalPlatformPro"],
        groups(rb"\(4\+(\d+)", rb"<< \((\d+)"),
    ),
    "sizes of pcsc-spy": (
        "pcsc-spy output",
        SAMPLES["pcsc-spy output"],
        groups(rb"b(?:Send|Recv)Length \w+ \((\d+)"),
    ),
    "raw sizes": (
        "pcsc-spy raw log",
        SAMPLES["pcsc-spy raw log"],
        groups(rb"@0x(\w{8})\n\w+@(?:\w\w )+$"),
    ),
    "sizes of a modem": (
        "AT commands",
        SAMPLES["AT commands"],
        groups(rb"(?:CSIM|CGLA)(?:=|: )(?:\d,)?(\d+),\""),
    ),
    "sizes of scdaemon": ("scdaemon log", SAMPLES["scdaemon log"], groups(rb"datalen=(\d+)")),
}


def outcome(name: str, data: bytes) -> tuple[list[object], bool]:
    """The bytes that come out, and whether something is told: a problem, an error, half an exchange."""
    one, coverage = by_name(name), Coverage()
    assert one
    items = list(_stream(io.BytesIO(data), one, coverage, ()))
    assert coverage.total == len(data)
    exchanges = [item for item in items if isinstance(item, Exchange)]
    halves = [half for e in exchanges for half in (e.command, e.response)]
    told = any(isinstance(item, Problem) for item in items) or any(
        half is None or half.error for half in halves
    )
    out: list[object] = [half and half.raw for half in halves]
    return out + [(item.kind, item.data) for item in items if isinstance(item, Frame)], told


def unmarked(
    name: str, data: bytes, spans: Callable[[bytes], Spans], seeds: range
) -> list[tuple[int, int, int]]:
    """Where a changed byte changes what comes out and nobody is told; digits are half of the time digits again."""
    places, (whole, told) = [at for one in spans(data) for at in one], outcome(name, data)
    assert not told and len(whole) > 8 and len(places) >= 7
    missed = []
    for seed in seeds:
        rng = random.Random(seed)
        at = rng.choice(places)
        byte = rng.choice(b"0123456789ABCDEF") if rng.random() < 0.5 else rng.randrange(256)
        out, told = outcome(name, data[:at] + bytes((byte,)) + data[at + 1 :])
        if out != whole and not told:
            missed.append((seed, at, byte))
    return missed


@pytest.mark.parametrize("case", COVERED)
def test_changed_byte_never_passes(case: str) -> None:
    assert unmarked(*COVERED[case], range(100)) == []


def test_change_where_nothing_is_covered_passes() -> None:
    assert (
        len(unmarked("hex pairs", SAMPLES["hex pairs"], groups(rb"([0-9A-F]+)$"), range(100))) > 20
    )


def unpacked_as(data: bytes) -> tuple[bytes, bool]:
    """What is in a packed file, and whether something is told: a fault, or that it is none."""
    file = unpacked(io.BytesIO(data))
    return file.read(), not isinstance(file, Unpacked) or bool(file.faults)


SNOOP = nfcsnoop_dump(nfcsnoop()).encode()
KINDS = {
    name: data for name, data in PACKED.items() if name != "zip of two"
}  # of which another file is told always


@pytest.mark.parametrize("name", [*KINDS, "nfcsnoop"])
def test_changed_byte_of_a_packed_file_never_passes(name: str) -> None:
    data = KINDS.get(name, SNOOP)
    whole, places = unpacked_as(data)[0], range(len(data))
    if (
        name == "nfcsnoop"
    ):  # what is packed in the lines; the last digit has bits that count for nothing
        places = range(data.index(b"\n") + 13, data.rindex(b"\n---") - 4)
    for at in places:
        for bit in (1, 0x40):
            found, told = unpacked_as(data[:at] + bytes((data[at] ^ bit,)) + data[at + 1 :])
            assert found == whole or told, (at, bit)


@pytest.mark.long
@pytest.mark.parametrize("case", COVERED)
def test_changed_byte_never_passes_often(case: str) -> None:
    assert unmarked(*COVERED[case], range(1000, 21_000)) == []
