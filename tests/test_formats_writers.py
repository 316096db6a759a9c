# SPDX-License-Identifier: MIT
"""Captures as others read them: what does not fit, text that would forge a line, then round trips, another reader."""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from test_formats_ccid import session, usbmon
from test_formats_pcap import section_file
from test_formats_proxmark3 import capture as radio
from test_laws import EVERY_SECOND, bag

import cardlib
from cardlib.core.errors import CaptureError
from cardlib.core.model import Capture, Frame, Problem, Session
from cardlib.formats.writers import tpdus, units

TEXT = "ATR: 3B6500002063CB6F00\n"


def converted(tmp_path: Path, text: str, to: str) -> tuple[int, str]:
    count = cardlib.convert(cardlib.read_text(text), tmp_path / "out", to)
    return count, (tmp_path / "out").read_text("utf-8", "replace")


def unit(text: str) -> list[str]:
    (exchange,) = cardlib.read_text(text).exchanges
    return [one.hex().upper() for one, _ in tpdus(exchange)]


UNITS = [
    ("no answer", "> 00A40400\n> 00B2010C00\n< 9000", None),
    ("case 1", "> 00A40400\n< 9000", ["00A40400009000"]),
    ("case 2", "> 00B2010C00\n< AABB9000", ["00B2010C00AABB9000"]),
    ("case 3", "> 00A40400023F00\n< 9000", ["00A40400023F009000"]),
    ("case 4", "> 00A40400023F0000\n< AABB9000", ["00A40400023F006102", "00C0000002AABB9000"]),
    ("case 4 without data of the card", "> 00A40400023F0000\n< 6A82", ["00A40400023F006A82"]),
    (
        "case 4 on channel 2",
        "> 02A40400023F0000\n< AA9000",
        ["02A40400023F006101", "02C0000001AA9000"],
    ),
    (
        "case 4 on channel 5",
        "> 41A40400023F0000\n< AA9000",
        ["41A40400023F006101", "41C0000001AA9000"],
    ),
    ("GSM", "> A0A40000023F0000\n< AA9000", ["A0A40000023F006101", "A0C0000001AA9000"]),
    (
        "joined by 61",
        "> 00A40400023F00\n< 6101\n> 00C0000001\n< AA9000",
        ["00A40400023F006101", "00C0000001AA9000"],
    ),
    (
        "joined by 6C",
        "> 00B2010C00\n< 6C01\n> 00B2010C01\n< AA9000",
        ["00B2010C006C01", "00B2010C01AA9000"],
    ),
    ("256 bytes", "> 00B2010C00\n< " + "AA" * 256 + "9000", ["00B2010C00" + "AA" * 256 + "9000"]),
    ("257 bytes", "> 00B2010C000101\n< " + "AA" * 257 + "9000", []),
    ("extended", "> 00D60000000100" + "AA" * 256 + "\n< 9000", []),
    ("data that nobody asked for", "> 00A40400\n< AA9000", []),
    ("wrong length", "> 00A40400053F00\n< 9000", []),
    ("no status word", "> 00A40400023F00\n< 1234", []),
]


@pytest.mark.parametrize("row", UNITS, ids=[row[0] for row in UNITS])
def test_t0_units(row: tuple[str, str, list[str] | None]) -> None:
    if row[2] is None:
        assert tpdus(cardlib.read_text(row[1]).exchanges[0]) == []
    else:
        assert unit(row[1]) == row[2]


def test_unknown_form_is_an_error_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(CaptureError) as caught:
        cardlib.convert(cardlib.read_text(TEXT + "> 00A40400\n< 9000\n"), tmp_path / "out", "pdf")
    assert (
        str(caught.value)
        == "no form to write is called 'pdf'; there are card.jsonl, hex, csv, gsmtap"
    )
    assert not list(tmp_path.iterdir())


def test_text_of_a_capture_cannot_forge_a_line(tmp_path: Path) -> None:
    evil = "x\n> 00A40400\r\n< 9000\u2028> 00"
    capture = cardlib.read_text(TEXT + "> 00B20100\n< 6A83\n")
    frame = Frame(9, None, "none", "event", b"", 9, 90, 91, evil)
    problem = Problem(evil, evil, 9, 91, 92, evil.encode())
    head = capture.sessions[0]
    meta, frames = ((evil, evil),), (*head.frames, frame)
    forged = Capture(
        "",
        "",
        (Session(0, head.atr, exchanges=head.exchanges, frames=frames, meta=meta),),
        (problem,),
    )
    assert cardlib.convert(forged, tmp_path / "hex", "hex") == 3
    again = cardlib.read(tmp_path / "hex")
    assert bag(again) == bag(capture) and len((tmp_path / "hex").read_text().split("\n")) == 6
    assert cardlib.convert(forged, tmp_path / "csv", "csv") == 1
    assert len((tmp_path / "csv").read_text().splitlines()) == 2
    assert cardlib.convert(forged, tmp_path / "tap", "gsmtap") == 2


def test_hex(tmp_path: Path) -> None:
    text = (
        TEXT
        + "> 00A40400023F00\n< 6101\n> 00C0000001\n< AA9000\n> 00B20100\n> 00B20200\n< 6A83\n>\n< 9000\n"
    )
    count, out = converted(tmp_path, text, "hex")
    assert (count, out) == (10, "# session 0, clock none\n" + text)


def test_csv(tmp_path: Path) -> None:
    count, out = converted(tmp_path, TEXT + "> 00B20100\n< 6A83\n> 00B2010C00\n", "csv")
    rows = list(csv.DictReader(out.splitlines()))
    assert count == 2 and [row["command"] for row in rows] == ["00B20100", "00B2010C00"]
    assert [
        (row["session"], row["response"], row["sw"], row["clock"], row["start_ns"]) for row in rows
    ] == [
        ("0", "6A83", "6A83", "none", ""),
        ("0", "", "", "none", ""),
    ]


def test_radio_and_blocks_are_written_as_whole_halves(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(radio())
    capture = cardlib.read(tmp_path / "in")
    cardlib.convert(tmp_path / "in", tmp_path / "out", "hex")
    assert bag(cardlib.read(tmp_path / "out")) == bag(capture) and len(capture.exchanges) == 3
    assert all(len(units(exchange)) == 1 for exchange in capture.exchanges)


@EVERY_SECOND
def test_hex_reads_back_as_the_same_exchanges(file: Path, tmp_path: Path) -> None:
    capture = cardlib.read(file)
    cardlib.convert(capture, tmp_path / "hex", "hex")
    apdus = [exchange for exchange in capture.exchanges if exchange.protocol == "apdu"]
    if any(e.command and e.response for e in apdus):
        found = cardlib.read(tmp_path / "hex", "hex pairs")
        assert (bag(capture) - bag(found)).total() == 0 and found.problems == ()
    left_out = (tmp_path / "hex").read_text().count("no APDU: left out")
    assert left_out == len(capture.exchanges) - len(apdus)


def test_gsmtap_reads_back(tmp_path: Path, real_captures: Path) -> None:
    """The real capture of a SIM: every packet of it, byte for byte, with its time."""
    source = cardlib.read(real_captures / "gsmtap/usim_boot.pcapng")
    assert cardlib.convert(source, tmp_path / "out", "gsmtap") == 957
    found = cardlib.read(tmp_path / "out")
    assert (found.format, found.problems, bag(found)) == ("GSMTAP-SIM", (), bag(source))
    times = [
        [f.time_ns for e in capture.exchanges for f in e.frames] for capture in (source, found)
    ]
    assert times[0] == times[1] and [s.atr for s in found.sessions] == [
        s.atr for s in source.sessions
    ]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="no tshark (apt install tshark)")
def test_tshark_reads_the_packets(tmp_path: Path) -> None:
    usb = tmp_path / "usb"
    usb.write_bytes(section_file([usbmon(one) for one in session()], link=220))
    cardlib.convert(usb, tmp_path / "out.pcapng", "gsmtap")
    fields = (
        "frame.protocols ip.checksum.status udp.checksum.status gsm_sim.apdu.sw frame.time_epoch"
    )
    ask = [
        "tshark",
        "-r",
        str(tmp_path / "out.pcapng"),
        "-o",
        "ip.check_checksum:TRUE",
        "-T",
        "fields",
    ]
    ask += [
        "-o",
        "udp.check_checksum:TRUE",
        *(word for name in fields.split() for word in ("-e", name)),
    ]
    rows = [
        line.split("\t")
        for line in subprocess.run(
            ask, capture_output=True, text=True, check=True
        ).stdout.splitlines()
    ]
    assert [row[0].split(":")[-4:-1] for row in rows] == [["ip", "udp", "gsmtap"]] * 3
    assert [row[1:3] for row in rows] == [["1", "1"]] * 3  # both check sums are good
    assert [row[3] for row in rows] == ["", "0x610b", "0x9000"]
    assert len({row[4] for row in rows}) == 2


def test_times_that_are_not_known_are_not_written_as_0(tmp_path: Path) -> None:
    assert converted(tmp_path, TEXT + "> 00B20100\n< 6A83\n", "gsmtap")[0] == 2
    found = cardlib.read(tmp_path / "out")
    assert {f.time_ns for e in found.exchanges for f in e.frames} == {None} and Counter(
        bag(found)
    ).total() == 1
