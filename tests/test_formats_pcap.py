# SPDX-License-Identifier: MIT
"""Packet files: both forms, both byte orders, clocks of any resolution; damage costs what it hits and nothing else."""

from __future__ import annotations

import io
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlib.core.model import Coverage, Problem
from cardlib.formats import pcap
from cardlib.formats.pcap import Packet, is_pcap, packets

START = 1_600_000_000


def packet_file(
    bodies: list[bytes], order: str = "<", link: int = 1, nano: bool = False, start: int = START
) -> bytes:
    """A pcap file with one packet a second."""
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    rows = [
        struct.pack(order + "IIII", start + i, 5, len(body), len(body)) + body
        for i, body in enumerate(bodies)
    ]
    return struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, 65535, link) + b"".join(rows)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    size = 12 + len(body) + -len(body) % 4
    return (
        struct.pack(order + "II", kind, size)
        + body
        + bytes(-len(body) % 4)
        + struct.pack(order + "I", size)
    )


def section(order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link: int = 1, order: str = "<", resolution: int | None = None) -> bytes:
    option = b"" if resolution is None else struct.pack(order + "HHB3xHH", 9, 1, resolution, 0, 0)
    return block(1, struct.pack(order + "HHI", link, 0, 0) + option, order)


def packet(body: bytes, ticks: int = 0, order: str = "<", which: int = 0) -> bytes:
    head = struct.pack(
        order + "IIIII", which, ticks >> 32, ticks & 0xFFFFFFFF, len(body), len(body)
    )
    return block(6, head + body, order)


def section_file(
    bodies: list[bytes], order: str = "<", link: int = 1, resolution: int | None = None
) -> bytes:
    """A pcapng file with a tick between packets."""
    blocks = [packet(body, i + 7, order) for i, body in enumerate(bodies)]
    return section(order) + interface(link, order, resolution) + b"".join(blocks)


def read(data: bytes) -> tuple[list[Packet], list[Problem]]:
    coverage = Coverage()
    items = list(packets(io.BytesIO(data), coverage))
    found = [item for item in items if not isinstance(item, Problem)]
    assert coverage.total + sum(stop - start for _, start, stop, *_ in found) == len(data)
    return found, [item for item in items if isinstance(item, Problem)]


def bodies_of(data: bytes) -> list[bytes]:
    return [row[5] for row in read(data)[0]]


BODIES = [bytes([65 + i]) * (40 + i) for i in range(20)]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("nano", [False, True])
def test_pcap(order: str, nano: bool) -> None:
    data = packet_file(BODIES, order, 113, nano)
    found, problems = read(data)
    assert is_pcap(data) and problems == []
    assert [row[5] for row in found] == BODIES
    assert [row[3] for row in found] == [
        (START + i) * 10**9 + (5 if nano else 5000) for i in range(20)
    ]
    assert [row[0] for row in found] == list(range(1, 21)) and {row[4] for row in found} == {113}


@pytest.mark.parametrize("order", "<>")
def test_pcapng(order: str) -> None:
    data = section_file(BODIES, order, 276)
    found, problems = read(data)
    assert is_pcap(data) and problems == []
    assert [row[5] for row in found] == BODIES
    assert [row[3] for row in found] == [(7 + i) * 1000 for i in range(20)]
    assert {row[4] for row in found} == {276}


RESOLUTIONS = [
    (None, 7000),
    (0, 7 * 10**9),
    (3, 7 * 10**6),
    (9, 7),
    (12, 0),
    (128 + 10, 7 * 10**9 // 1024),
    (255, 0),
]


@pytest.mark.parametrize(("resolution", "time_ns"), RESOLUTIONS)
def test_clock_of_an_interface(resolution: int | None, time_ns: int) -> None:
    assert read(section_file([b"x" * 9], resolution=resolution))[0][0][3] == time_ns


def test_impossible_time_is_no_time() -> None:
    head = section() + interface(resolution=0)
    found, problems = read(head + packet(b"abc", 1 << 63))
    assert found[0][3] is None and [(one.kind, one.gap) for one in problems] == [
        ("impossible time", False)
    ]
    assert read(head + packet(b"abc", 1 << 63, which=1))[0][0][3] is None


def test_options_of_an_interface_that_overflow() -> None:
    odd = block(1, struct.pack("<HHI", 1, 0, 0) + struct.pack("<HH", 9, 60000))
    other = block(1, struct.pack("<HHI", 1, 0, 0) + struct.pack("<HH4s", 2, 4, b"eth0"))
    for head in (odd, other):
        assert read(section() + head + packet(b"abc", 7))[0][0][3] == 7000


def test_sections_of_two_byte_orders() -> None:
    found, problems = read(section_file(BODIES[:3]) + section_file(BODIES[3:6], ">", 101))
    assert [row[5] for row in found] == BODIES[:6] and problems == []
    assert [row[4] for row in found] == [1] * 3 + [101] * 3


@pytest.mark.parametrize("order", "<>")
def test_simple_packet_is_read_without_a_time_and_an_old_block_is_a_problem(order: str) -> None:
    simple = block(3, struct.pack(order + "I", 30) + b"s" * 30, order)
    old = block(2, b"o" * 40, order)
    found, problems = read(
        section(order) + interface(101, order) + simple + packet(b"abc", 0, order) + old
    )
    assert [(one[3] is None, one[5]) for one in found] == [(True, b"s" * 30), (False, b"abc")]
    assert [problem.stop - problem.start for problem in problems] == [len(old)]
    assert problems[0].raw.startswith(old)


def test_packet_of_an_unknown_interface_is_kept_without_a_time() -> None:
    found, problems = read(section() + packet(b"abc", 7))
    assert [row[3:] for row in found] == [(None, pcap.UNKNOWN_LINK, b"abc")] and problems == []


def test_blocks_that_are_no_packets_are_skipped() -> None:
    names, secrets = block(4, bytes(8)), block(10, b"secret")
    found, problems = read(section() + interface() + names + secrets + packet(b"abc"))
    assert ([row[5] for row in found], problems) == ([b"abc"], [])


PLACES = range(len(section() + interface()), len(section_file(BODIES)) - 60)


@pytest.mark.parametrize("order", "<>")
def test_flipped_bit_of_a_block_costs_that_block(order: str) -> None:
    data, rng = section_file(BODIES, order), random.Random(1)
    for _ in range(300):
        at = rng.choice(PLACES)
        found = bodies_of(data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :])
        assert sum(body not in found for body in BODIES) <= 1


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("nano", [False, True])
def test_damaged_place_of_a_pcap_costs_two_packets(order: str, nano: bool) -> None:
    data, rng = packet_file(BODIES, order, nano=nano), random.Random(2)
    for at in range(len(data)):
        new = rng.choice(
            [bytes([data[at] ^ 1 << rng.randrange(8)]), b"", rng.randbytes(3), b"\xff"]
        )
        changed = data[:at] + new + data[at + 1 :]
        assert is_pcap(changed)
        found = bodies_of(changed)
        assert sum(body not in found for body in BODIES) <= 2, (at, new)


@pytest.mark.parametrize("kind", [4, 5, 7, 10, 0xBAD])
def test_packet_of_which_the_kind_is_damaged_is_a_problem(kind: int) -> None:
    hit = struct.pack("<I", kind) + packet(b"abc")[4:]
    found, problems = read(section() + interface() + packet(b"one") + hit + packet(b"two"))
    assert [row[5] for row in found] == [b"one", b"two"]
    assert [(problem.kind, problem.raw[:36]) for problem in problems] == [("damaged block", hit)]


def test_length_of_data_that_lies_is_a_problem() -> None:
    hit = packet(b"abcd")
    for kind in (6, 2):
        bad = struct.pack("<I", kind) + hit[4:20] + b"\xff\0\0\0" + hit[24:]
        found, problems = read(section() + interface() + bad + packet(b"two"))
        assert ([row[5] for row in found], len(problems)) == ([b"two"], 1)
    short = block(6, bytes(8))
    assert len(read(section() + interface() + short + packet(b"two"))[1]) == 1


@pytest.mark.parametrize("length", [0, 8, 13, 0xFFFFFFFF, 1 << 21])
def test_block_length_that_lies_ends_nothing(length: int) -> None:
    bad = struct.pack("<II", 6, length) + bytes(24)
    found, problems = read(section() + interface() + packet(b"one") + bad + packet(b"two"))
    assert ([row[5] for row in found], len(problems)) == ([b"one", b"two"], 1)


def test_cut_file_keeps_what_stands_before_the_cut() -> None:
    for data in (section_file(BODIES), packet_file(BODIES)):
        for size in range(120, len(data)):
            found = bodies_of(data[:size])
            assert found == BODIES[: len(found)]
        assert bodies_of(data[:-1]) == BODIES[:-1]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    "junk", [300_000, pcap.MAX_BLOCK - 5, pcap.MAX_BLOCK * 2 + 77, pcap.AHEAD * 3 + 1]
)
def test_search_goes_over_the_edges_of_what_is_in_memory(order: str, junk: int) -> None:
    noise = random.Random(junk).randbytes(junk)
    for make in (section_file, packet_file):
        data, later = make(BODIES, order), make(BODIES, order)[-700:]
        found, problems = read(data + noise + later)
        tail = bodies_of(data)[-5:]
        assert [row[5] for row in found][:20] == BODIES and [row[5] for row in found][-5:] == tail
        assert len(problems) == 1 and problems[0].stop - problems[0].start >= junk


@pytest.mark.parametrize("pad", [0, 1, 3])
def test_file_larger_than_a_chunk(pad: int) -> None:
    bodies = [random.Random(i).randbytes(900 + pad + i % 7) for i in range(1500)]
    for make in (section_file, packet_file):
        data = make(bodies)
        assert bodies_of(data) == bodies
        at = len(data) // 2
        found = bodies_of(data[:at] + b"\xff" * 40 + data[at + 40 :])
        assert sum(body not in found for body in bodies) <= 2


def test_clock_that_jumps_by_years_loses_no_packet() -> None:
    early, late = packet_file(BODIES[:5], start=100), packet_file(BODIES[5:])[24:]
    assert bodies_of(early + late) == BODIES


def test_snapped_packets_are_kept() -> None:
    data = packet_file(BODIES)
    cut = data[:24] + b"".join(
        struct.pack("<IIII", START, 5, 40, 1500) + body[:40] for body in BODIES
    )
    assert bodies_of(cut) == [body[:40] for body in BODIES]


@pytest.mark.parametrize("order", "<>")
def test_section_whose_byte_order_is_damaged(order: str) -> None:
    data = section_file(BODIES, order)
    found, problems = read(data[:8] + b"\xff" + data[9:])
    assert ([row[5] for row in found], [row[3] is None for row in found]) == (BODIES, [False] * 20)
    assert [(problem.start, problem.stop) for problem in problems] == [(0, 28)]


@pytest.mark.parametrize("size", range(30))
def test_stub_of_a_file(size: int) -> None:
    for data in (section_file(BODIES), packet_file(BODIES)):
        assert bodies_of(data[:size]) == []


def test_damaged_beginning_is_recognised() -> None:
    for order in "<>":
        data = packet_file(BODIES, order)
        assert is_pcap(b"\0\0\0\0" + data[4:]) and bodies_of(b"\0\0\0\0" + data[4:]) == BODIES
        assert is_pcap(bytes(24) + data[24:]) and bodies_of(bytes(24) + data[24:]) == BODIES
        assert is_pcap(bytes(28) + section_file(BODIES, order)[28:])
        assert bodies_of(bytes(60) + section_file(BODIES, order)[60:])[-19:] == BODIES[1:]
        assert bodies_of(bytes(4) + packet_file(BODIES[:2], order)[4:]) == BODIES[:2]
    assert (
        not is_pcap(b"") and not is_pcap(bytes(5000)) and not is_pcap(b"> 00A40400\n< 9000\n" * 100)
    )


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("lost", range(1, 9))
def test_record_that_lost_bytes_costs_itself(order: str, lost: int) -> None:
    data = packet_file(BODIES, order, start=1_700_000_000)
    at = data.index(BODIES[7])
    found, problems = read(data[:at] + data[at + lost :])
    assert [row[5] for row in found] == BODIES[:7] + BODIES[8:]
    assert [(problem.start, problem.stop) for problem in problems] == [
        (at - 16, at + len(BODIES[7]) - lost)
    ]


@given(st.binary(max_size=600))
def test_any_bytes(data: bytes) -> None:
    for head in (b"", b"\xd4\xc3\xb2\xa1", section() + interface()):
        read(head + data)
