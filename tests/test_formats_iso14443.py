# SPDX-License-Identifier: MIT
"""Link type 264: damaged pseudo-headers first, then CRCs that are there, left out, or were never written."""

from __future__ import annotations

import io
import struct
from collections import Counter
from pathlib import Path

import pytest
from test_formats_pcap import packet_file, section_file
from test_formats_radio import crc_a
from test_laws import mutate
from test_project import blocks

import cardlib
from cardlib.core.model import Coverage, Frame, Problem
from cardlib.formats import iso14443, title

COMMAND, ANSWER = (
    bytes.fromhex("00A4040007A000000003101000"),
    bytes.fromhex("6F098407A00000000310109000"),
)


def frame(event: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0, event, len(data)) + data


def frames(rounds: int = 4) -> list[bytes]:
    found = [
        frame(0xFE, b"\x26"),
        frame(0xFF, b"\x44\0"),
        frame(0xFE, crc_a(b"\xe0\x80")),
        frame(0xFF, crc_a(b"\2\x70")),
    ]
    for number in range(rounds):
        flip = bytes([2 + number % 2])
        found += [frame(0xFE, crc_a(flip + COMMAND)), frame(0xFF, crc_a(flip + ANSWER))]
    return found


def capture() -> bytes:
    return packet_file(frames(), link=264)


def read(data: bytes) -> tuple[list[Frame], list[Problem], Coverage]:
    coverage = Coverage()
    items = list(iso14443.frames(io.BytesIO(data), coverage))
    assert coverage.total == len(data)
    found = [item for item in items if isinstance(item, Frame)]
    return found, [item for item in items if isinstance(item, Problem)], coverage


BAD = {
    "empty": b"",
    "short": b"\0\xfe\0",
    "version": b"\1\xfe\0\0",
    "event": b"\0\x77\0\0",
    "length": b"\0\xfe\0\5abc",
}


@pytest.mark.parametrize("name", BAD)
def test_damaged_packet_costs_itself(name: str) -> None:
    if not BAD[name]:
        return
    found, problems, _ = read(section_file([*frames(1), BAD[name], *frames(1)], link=264))
    assert (len(found), [(one.kind, one.raw) for one in problems]) == (
        12,
        [("damaged packet", BAD[name])],
    )


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("make", [packet_file, section_file])
def test_exchanges(order: str, make: object, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(make(frames(), order, 264))  # type: ignore[operator]
    found = cardlib.read(tmp_path / "file")
    assert (found.format, found.problems) == ("ISO 14443 pcap (unproven)", ())
    (session,) = found.sessions
    assert (session.atr, session.interface, session.clock) == (b"\2\x70", "contactless", "host")
    assert [
        (e.command and e.command.raw, e.response and e.response.raw) for e in found.exchanges
    ] == [(COMMAND, ANSWER)] * 4
    assert found.exchanges[0].duration_ns is not None


def test_blocks_without_crc(tmp_path: Path) -> None:
    """Dropped, as the events say; or the made-up blocks of a relay, all with the same number."""
    dropped = [frame(0xFA, b"\2" + COMMAND), frame(0xFB, b"\2" + ANSWER)]
    relayed = [frame(0xFE, b"\2" + COMMAND), frame(0xFF, b"\2" + ANSWER)] * 3
    for rows, count in ((dropped, 1), (relayed, 3)):
        (tmp_path / "file").write_bytes(section_file(rows, ">", 264))
        found = cardlib.read(tmp_path / "file")
        assert found.problems == ()
        assert [e.command and e.command.raw for e in found.exchanges] == [COMMAND] * count
        assert [e.response and e.response.raw for e in found.exchanges] == [ANSWER] * count


def test_wrong_crc_is_a_problem_where_others_fit() -> None:
    rows = frames(2)
    rows[4] = rows[4][:-1] + bytes([rows[4][-1] ^ 1])
    found, problems, _ = read(packet_file(rows, link=264))
    assert [problem.kind for problem in problems] == ["damaged frame"]
    assert found[4].note.endswith("wrong CRC")


def test_field_and_other_link_types() -> None:
    found, problems, _ = read(section_file([frame(1, b""), *frames(1), frame(2, b"")], link=264))
    assert [one.note for one in found][::7] == ["field off", "field on"] and problems == []
    found, problems, coverage = read(section_file([b"\x20\2\5\1"] * 9, link=147))
    assert (found, problems) == ([], []) and coverage.skipped["other packet"]


def test_example_of_the_page() -> None:
    [(name, text)] = blocks("docs/formats.md", "text frame")
    (found,), problems, _ = read(packet_file([bytes.fromhex(text)], link=264))
    assert (name, found.note, problems) == (title(iso14443), "I-block; CRC left out", [])


def test_recognises() -> None:
    assert iso14443.recognises(capture()) == 0.95
    assert iso14443.recognises(capture()[:24]) == iso14443.recognises(b"") == 0
    assert iso14443.recognises(section_file([b"abcdefgh"] * 9, link=264)) == 0


def check_mutations(file: Path, seeds: range) -> None:
    def bag(data: bytes) -> Counter[tuple[bytes | None, bytes | None]]:
        file.write_bytes(data)
        found = cardlib.read(file, iso14443.NAME)
        assert found.coverage.total == len(data)
        return Counter(
            (e.command and e.command.raw, e.response and e.response.raw) for e in found.exchanges
        )

    whole = bag(capture())
    for seed in seeds:
        assert (whole - bag(mutate(capture(), seed))).total() <= 2, seed


def test_one_damaged_place_costs_little(tmp_path: Path) -> None:
    check_mutations(tmp_path / "file", range(200))


@pytest.mark.long
def test_one_damaged_place_costs_little_often(tmp_path: Path) -> None:
    check_mutations(tmp_path / "file", range(20_000))


def test_changed_byte_of_a_frame_never_passes_unmarked() -> None:
    rows = frames()
    for at in range(len(rows[4])):
        changed = rows[4][:at] + bytes([rows[4][at] ^ 0x40]) + rows[4][at + 1 :]
        assert read(section_file([*rows[:4], changed, *rows[5:]], link=264))[1], at
