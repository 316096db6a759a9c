# SPDX-License-Identifier: MIT
"""Readers on USB: lengths that lie, messages in parts, errors first; then APDUs, T=0, T=1, several readers at once."""

from __future__ import annotations

import io
import struct
from functools import reduce
from operator import xor
from pathlib import Path

import pytest
from test_formats_pcap import packet, packet_file, section_file
from test_mutations import law
from test_project import blocks

import cardlib
from cardlib.core.model import Capture, Coverage, Frame, Problem
from cardlib.formats import ccid, title

ATR_T1, ATR_T0 = bytes.fromhex("3B800181"), bytes.fromhex("3B6500002063CB6F00")
SELECT, FCI = (
    bytes.fromhex("00A4040007A000000003101000"),
    bytes.fromhex("6F098407A00000000310109000"),
)


def message(
    kind: int, data: bytes = b"", seq: int = 0, slot: int = 0, tail: bytes = bytes(3)
) -> bytes:
    return struct.pack("<BIBB", kind, len(data), slot, seq) + tail + data


def usbmon(data: bytes, device: int = 4, link: int = 220, event: str = "", xfer: int = 3) -> bytes:
    """A bulk transfer of usbmon; the endpoint follows from the message type."""
    into = data[0] & 0x80 if data else 0x80
    head = struct.pack(
        "<QBBBBHBB", 7, ord(event or ("C" if into else "S")), xfer, 2 | into, device, 1, 45, 0
    )
    head += struct.pack("<qiiII", 1_600_000_000, 5, 0, len(data), len(data))
    return head.ljust({189: 48, 220: 64}[link], b"\0") + data


def usbpcap(data: bytes, device: int = 4) -> bytes:
    into = data[0] & 0x80
    return (
        struct.pack("<HQIHBHHBBI", 27, 7, 0, 9, into >> 7, 1, device, 2 | into, 3, len(data)) + data
    )


def session(atr: bytes = ATR_T1) -> list[bytes]:
    """Power up, then one exchange of APDUs."""
    rows = [message(0x65), message(0x81), message(0x62, seq=1), message(0x80, atr, 1)]
    return [*rows, message(0x6F, SELECT, 2), message(0x80, FCI, 2)]


def capture() -> bytes:
    return section_file([usbmon(one) for one in session() * 3], link=220)


def read(data: bytes) -> tuple[list[Frame], list[Problem], Coverage]:
    coverage = Coverage()
    items = list(ccid.frames(io.BytesIO(data), coverage))
    assert coverage.total == len(data)
    frames = [item for item in items if isinstance(item, Frame)]
    return frames, [item for item in items if isinstance(item, Problem)], coverage


def loaded(tmp_path: Path, rows: list[bytes], link: int = 220) -> Capture:
    (tmp_path / "file").write_bytes(section_file(rows, link=link))
    return cardlib.read(tmp_path / "file", "USB CCID")


def pairs(capture: Capture) -> list[tuple[str, str]]:
    halves = [
        (e.command.raw if e.command else b"", e.response.raw if e.response else b"")
        for e in capture.exchanges
    ]
    return [(asked.hex().upper(), answered.hex().upper()) for asked, answered in halves]


BOTH = (SELECT.hex().upper(), FCI.hex().upper())


@pytest.mark.parametrize("link", [189, 220, 249])
def test_session(link: int, tmp_path: Path) -> None:
    wrap = usbpcap if link == 249 else lambda data: usbmon(data, link=link)
    for make in (packet_file, section_file):
        (tmp_path / "file").write_bytes(make([wrap(one) for one in session()], link=link))  # type: ignore[operator]
        found = cardlib.read(tmp_path / "file")
        assert (found.format, found.problems, pairs(found)) == ("USB CCID (unproven)", (), [BOTH])
        assert [(one.atr, one.clock, one.interface) for one in found.sessions] == [
            (ATR_T1, "host", "contact")
        ]
        assert found.exchanges[0].duration_ns


BAD = {
    "cut off": usbmon(session()[4])[:-3],
    "shorter than its header": usbmon(session()[4])[:40],
    "length of the message": usbmon(b"\x6f\xff\xff\xff\xff" + session()[4][5:]),
    "type of the message": usbmon(b"\x6e" + session()[4][1:])[:10]
    + b"\2"
    + usbmon(b"\x55" + session()[4][1:])[11:],
}


@pytest.mark.parametrize("name", BAD)
def test_damaged_message_is_a_problem_and_costs_itself(name: str, tmp_path: Path) -> None:
    rows = [usbmon(one) for one in session()]
    found = loaded(tmp_path, [*rows, BAD[name], *rows])
    assert pairs(found) == [BOTH, BOTH] and len(found.problems) == 1


def test_message_in_several_transfers(tmp_path: Path) -> None:
    rows = session()
    first, rest = usbmon(rows[4][:15]), usbmon(rows[4])[:64] + rows[4][15:]
    rest = rest[:32] + struct.pack("<II", len(rows[4]) - 15, len(rows[4]) - 15) + rest[40:]
    found = loaded(tmp_path, [*(usbmon(one) for one in rows[:4]), first, rest, usbmon(rows[5])])
    assert (pairs(found), found.problems) == ([BOTH], ())
    asked, told = found.exchanges[0].frames
    assert asked.stop - asked.start > 2 * 96 > told.stop - told.start  # it stands in both packets
    found = loaded(tmp_path, [*(usbmon(one) for one in rows[:4]), first])
    assert [problem.detail for problem in found.problems] == ["its end is missing"]


def test_apdu_in_several_messages(tmp_path: Path) -> None:
    rows = [message(0x6F, SELECT[:6], 1, tail=b"\0\1\0"), message(0x80, seq=1, tail=b"\0\0\x10")]
    rows += [
        message(0x6F, SELECT[6:], 2, tail=b"\0\2\0"),
        message(0x80, FCI[:4], 2, tail=b"\0\0\1"),
    ]
    rows += [message(0x6F, b"", 3, tail=b"\0\x10\0"), message(0x80, FCI[4:], 3, tail=b"\0\0\2")]
    found = loaded(tmp_path, [usbmon(one) for one in rows])
    assert pairs(found) == [BOTH]
    asked, told = found.exchanges[0].frames
    assert asked.stop == told.start and asked.stop - asked.start == sum(
        len(packet(usbmon(one))) for one in rows[:3]
    )
    found = loaded(tmp_path, [usbmon(one) for one in rows[:2]])
    assert [problem.detail for problem in found.problems] == ["its end is missing"]


def test_more_time_and_errors(tmp_path: Path) -> None:
    rows = session()
    waits, fails = message(0x80, seq=2, tail=b"\x80\1\0"), message(0x80, seq=2, tail=b"\x40\xfe\0")
    found = loaded(
        tmp_path, [usbmon(one) for one in (*rows[:5], waits, rows[5], rows[4], fails, rows[4])]
    )
    assert pairs(found) == [BOTH, (BOTH[0], ""), (BOTH[0], "")]
    assert [(one.kind, one.detail) for one in found.problems] == [
        ("reader error", "error FE of the reader")
    ]
    assert found.coverage.skipped["time extension"]


def test_answer_without_a_command_is_kept(tmp_path: Path) -> None:
    assert pairs(loaded(tmp_path, [usbmon(session()[5])])) == [("", BOTH[1])]


def t1(text: str) -> bytes:
    data = bytes.fromhex(text)
    return data + bytes([reduce(xor, data)])


def test_blocks_of_t1(tmp_path: Path) -> None:
    blocks = [
        t1("00000D" + SELECT.hex()),
        t1("002006" + FCI[:6].hex()),
        t1("009000"),
        t1("004007" + FCI[6:].hex()),
    ]
    messages = [message(0x80 if at % 2 else 0x6F, one, at) for at, one in enumerate(blocks)]
    for start in (session()[:4], session(ATR_T0)[:4], []):
        found = loaded(tmp_path, [usbmon(one) for one in (*start, *messages)])
        assert (pairs(found), found.problems) == ([BOTH], ())
    pps = bytes.fromhex("FF1118F6")
    rows = [*session(ATR_T0)[:4], message(0x6F, pps, 9), message(0x80, pps, 9), *messages]
    found = loaded(tmp_path, [usbmon(one) for one in rows])
    assert pairs(found) == [BOTH] and [one.kind for one in found.sessions[0].frames] == [
        "atr",
        "pps",
        "pps",
    ]


def test_readers_that_work_at_the_same_time(tmp_path: Path) -> None:
    one, other = (
        [usbmon(row, device) for row in session(atr)] for device, atr in ((4, ATR_T1), (5, ATR_T0))
    )
    rows = [row for both in zip(one, other, strict=True) for row in both]
    found = loaded(tmp_path, [*rows, *rows[8:], *one])
    assert [(s.atr, len(s.exchanges)) for s in found.sessions] == [
        (ATR_T1, 2),
        (ATR_T0, 2),
        (ATR_T1, 1),
    ]
    assert [dict(s.meta)["lane"] for s in found.sessions] == [
        f"bus 1 device {n} slot 0" for n in (4, 5, 4)
    ]
    assert (
        found.exchanges[-2].context.how == "selected"
    )  # what the other card did in between changed nothing
    cardlib.convert(found, tmp_path / "out")
    again = cardlib.read(tmp_path / "out")
    assert [(s.atr, len(s.exchanges)) for s in again.sessions] == [
        (s.atr, len(s.exchanges)) for s in found.sessions
    ]
    assert [
        e.session for e in cardlib.stream(tmp_path / "file") if isinstance(e, cardlib.Exchange)
    ] == [0, 1, 0, 1, 2]


def test_slots_of_one_reader(tmp_path: Path) -> None:
    rows = [message(0x62, slot=slot) for slot in (0, 1)] + [
        message(0x80, ATR_T1, slot=slot) for slot in (0, 1)
    ]
    assert len(loaded(tmp_path, [usbmon(one) for one in rows]).sessions) == 2


@pytest.mark.parametrize(
    ("kind", "name"), [(0x6A, "T0APDU"), (0x71, "Mechanical"), (0x72, "Abort"), (0x83, "Escape")]
)
def test_messages_without_traffic_are_counted_by_their_names(kind: int, name: str) -> None:
    """The numbers of CCID 1.1, 6.1 and 6.2."""
    _, problems, coverage = read(section_file([usbmon(message(kind))], link=220))
    assert problems == [] and set(coverage.skipped) == {"pcapng header", name}


def test_other_devices_and_transfers_are_skipped() -> None:
    disk, empty, control = usbmon(b"USBC" + bytes(27), 9), usbmon(b""), usbmon(bytes(8), xfer=2)
    early = usbmon(session()[5], event="S")
    frames, problems, coverage = read(
        section_file([disk, empty, control, early, *map(usbmon, session())], link=220)
    )
    assert (len(frames), problems) == (3, []) and coverage.skipped["other USB"]
    assert ccid.recognises(section_file([disk], link=220)) == 0.1
    assert ccid.recognises(section_file([control], link=1)) == ccid.recognises(b"") == 0


def test_damaged_head_of_the_file_hides_nothing(tmp_path: Path) -> None:
    data = capture()
    (tmp_path / "file").write_bytes(b"\xff" * 40 + data[40:])
    assert pairs(cardlib.read(tmp_path / "file")) == [BOTH] * 3


def test_example_of_the_page(tmp_path: Path) -> None:
    [(name, text)] = blocks("docs/formats.md", "text message")
    assert (name, pairs(loaded(tmp_path, [usbmon(bytes.fromhex(text))]))) == (
        title(ccid),
        [(BOTH[0], "")],
    )


MORE = {
    "T=1": [message(0x6F, t1("00000500B2010C00"), 1), message(0x80, t1("0000026A83"), 1)],
    "T=0": [message(0x6F, SELECT[:-1], 1), message(0x80, b"\x61\x0e", 1)],
}
MORE["T=0"] += [message(0x6F, bytes.fromhex("00C000000E"), 2), message(0x80, FCI, 2)]


@pytest.mark.parametrize("name", MORE)
def test_what_was_not_hit_is_not_lost(name: str) -> None:
    rows = [*session(ATR_T0 if name == "T=0" else ATR_T1)[:4], *MORE[name] * 4]
    _, away, missing = law(ccid, section_file([usbmon(one) for one in rows], link=220), range(200))  # type: ignore[arg-type]
    assert away > 200 and missing <= away // 1000


def test_part_that_nobody_asks_to_go_on_has_no_end(tmp_path: Path) -> None:
    rows = session()
    part = rows[5][:9] + b"\1" + rows[5][10:]
    found = loaded(tmp_path, [usbmon(one) for one in (*rows[:5], part, *rows[4:])])
    assert pairs(found) == [(BOTH[0], ""), BOTH] and [
        problem.kind for problem in found.problems
    ] == ["damaged message"]


@pytest.mark.parametrize(
    ("ticks", "told"), [(None, "1 us"), (9, "1 ns"), (3, "1 ms"), (0x8A, "976.562 us")]
)
def test_resolution_is_that_of_the_file(ticks: int | None, told: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(
        section_file([usbmon(one) for one in session()], link=220, resolution=ticks)
    )
    assert dict(cardlib.read(tmp_path / "file").sessions[0].meta)["resolution"] == told
    (tmp_path / "file").write_bytes(
        packet_file([usbmon(one) for one in session()], link=220, nano=ticks == 9)
    )
    found = dict(cardlib.read(tmp_path / "file").sessions[0].meta)["resolution"]
    assert found == ("1 ns" if ticks == 9 else "1 us")
