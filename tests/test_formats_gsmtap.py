# SPDX-License-Identifier: MIT
"""GSMTAP-SIM in every wrapping: link types, IP versions, byte orders; what is cut or damaged is said."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest
from test_formats_pcap import packet_file, section_file
from test_laws import mutate

import cardlib
from cardlib.core.model import Coverage, Frame, Problem
from cardlib.formats import gsmtap

SELECT = bytes.fromhex("00A40004023F00612F")
MORE = bytes.fromhex("00C00000029ABC9000")
ATR = bytes.fromhex("3B9F96801F878031E073FE211B674A4C753034054BA9")


def tap(data: bytes, kind: int = 0, layer: int = 4) -> bytes:
    """A GSMTAP packet of version 2."""
    return bytes((2, 4, layer, 0)) + bytes(8) + bytes((kind, 0, 0, 0)) + data


def udp(body: bytes, port: int = 4729) -> bytes:
    return struct.pack(">HHHH", 40000, port, len(body) + 8, 0) + body


def ip4(body: bytes, options: bytes = b"") -> bytes:
    size = 20 + len(options)
    return (
        bytes((0x40 | size // 4, 0))
        + struct.pack(">HIHHII", size + len(body), 0, 0x4011, 0, 1, 2)
        + options
        + body
    )


def ip6(body: bytes) -> bytes:
    return b"\x60\0\0\0" + struct.pack(">HBB", len(body), 17, 64) + bytes(32) + body


def ethernet(body: bytes, kind: int = 0x0800) -> bytes:
    return bytes(12) + struct.pack(">H", kind) + body


def capture() -> bytes:
    """A card session of three packets, twice."""
    units = [tap(ATR, 1), tap(SELECT), tap(MORE)] * 2
    return section_file([ethernet(ip4(udp(unit))) for unit in units])


def read(data: bytes) -> tuple[list[Frame], list[Problem], Coverage]:
    coverage = Coverage()
    items = list(gsmtap.frames(io.BytesIO(data), coverage))
    assert coverage.total == len(data)
    frames = [item for item in items if isinstance(item, Frame)]
    return frames, [item for item in items if isinstance(item, Problem)], coverage


def test_session_of_a_sim(tmp_path: Path) -> None:
    file = tmp_path / "sim"
    file.write_bytes(capture())
    found = cardlib.read(file)
    assert (found.format, len(found.sessions), len(found.exchanges), found.problems) == (
        "GSMTAP-SIM",
        2,
        2,
        (),
    )
    assert [session.atr for session in found.sessions] == [ATR, ATR]
    exchange = found.exchanges[0]
    assert exchange.command and exchange.response
    assert (exchange.command.raw.hex(), exchange.response.raw.hex()) == (
        "00a40004023f00",
        "9abc9000",
    )
    assert (exchange.start_ns, exchange.duration_ns) == (None, None)


LINKS = [
    (1, ethernet(b"")),
    (1, bytes(12) + b"\x81\0\0\x01\x08\0"),
    (113, bytes(16)),
    (276, bytes(20)),
    (101, b""),
    (228, b""),
    (12, b""),
    (0, b"\x02\0\0\0"),
    (108, b"\0\0\0\x02"),
    (999, bytes(14)),
]


@pytest.mark.parametrize(("link", "before"), LINKS)
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    "wrap", [ip4, ip6, lambda body: ip4(body, bytes(8))], ids=["IPv4", "IPv6", "options"]
)
def test_link_types(link: int, before: bytes, order: str, wrap: object) -> None:
    packets = [before + wrap(udp(tap(SELECT))), before + wrap(udp(tap(MORE)))]  # type: ignore[operator]
    for data in (
        packet_file(packets, order=order, link=link),
        section_file(packets, order=order, link=link),
    ):
        assert gsmtap.recognises(data) == 0.9
        frames, problems, _ = read(data)
        assert [(frame.data, frame.sender, frame.kind) for frame in frames] == [
            (SELECT, "both", "tpdu"),
            (MORE, "both", "tpdu"),
        ]
        assert problems == []


def test_other_packets_are_skipped_by_kind() -> None:
    others = [
        ethernet(ip4(udp(b"question", 53))),
        ethernet(b"", 0x0806),
        b"",
        ethernet(ip4(udp(tap(b"x", layer=1)))),
    ]
    ping = ip4(udp(b""))
    others.append(
        ethernet(ping[:9] + b"\x01" + ping[10:] + ip4(udp(tap(SELECT))))
    )  # "port unreachable"
    frames, problems, coverage = read(section_file([*others, ethernet(ip4(udp(tap(SELECT))))]))
    assert ([frame.data for frame in frames], problems) == ([SELECT], [])
    assert set(coverage.skipped) == {"pcapng header", "other packet", "GSMTAP of another type"}


def test_padding_of_short_ethernet_packets_is_no_data() -> None:
    frames, problems, _ = read(section_file([ethernet(ip4(udp(tap(SELECT)))) + bytes(5)]))
    assert ([frame.data for frame in frames], problems) == ([SELECT], [])


@pytest.mark.parametrize("kind", range(1, 10))
def test_other_sub_types(kind: int) -> None:
    frames, problems, _ = read(section_file([ethernet(ip4(udp(tap(ATR, kind))))]))
    kinds = {1: ("atr", "card"), 2: ("pps", "reader"), 3: ("pps", "card"), 4: ("event", "reader")}
    kinds |= {5: ("event", "reader"), 6: ("event", "card"), 7: ("event", "card")}
    assert [(frame.kind, frame.sender) for frame in frames] == [kinds.get(kind, ("event", "none"))]
    assert len(problems) == (kind > 3)


BASE = ethernet(ip4(udp(tap(SELECT))))
BAD = {
    "version of GSMTAP": BASE[:42] + b"\x03" + BASE[43:],
    "header length 0": BASE[:43] + b"\0" + BASE[44:],
    "header length 255": BASE[:43] + b"\xff" + BASE[44:],
    "too short": ethernet(ip4(udp(b"\x02\x04\x04"))),
    "cut off": BASE[:-3],
    "length of UDP": BASE[:39] + b"\x01" + BASE[40:],
    "length of IP": BASE[:17] + b"\xff" + BASE[18:],
    "protocol": BASE[:23] + b"\x01" + BASE[24:],
    "port": BASE[:36] + b"\x12\x78" + BASE[38:],
    "IP version": BASE[:14] + b"\x55" + BASE[15:],
}


@pytest.mark.parametrize("name", BAD)
def test_damaged_packet_is_a_problem_and_no_shorter_command(name: str) -> None:
    frames, problems, coverage = read(section_file([BASE, BAD[name], BASE]))
    assert [frame.data for frame in frames] == [SELECT, SELECT]
    assert [problem.kind for problem in problems] == ["damaged packet"]
    assert problems[0].raw == BAD[name] and problems[0].unit == 2 and coverage.damaged


@pytest.mark.parametrize("size", range(60))
def test_stub_of_a_packet(size: int) -> None:
    stub = BASE[:16] + struct.pack(">H", size - 14 & 0xFFFF) + BASE[18:size]
    for body in (
        stub[:size],
        ethernet(ip4(udp(b"")[:size])),
        ethernet(b"\x45" + bytes(8) + b"\x11" + BASE[24:size]),
    ):
        frames, _, _ = read(section_file([body]))
        assert frames == []


def test_damaged_block_is_passed_on() -> None:
    data = section_file([BASE, BASE, BASE])
    at = data.index(BASE, data.index(BASE) + 1) - 24
    frames, problems, _ = read(data[:at] + b"\xff" + data[at + 1 :])
    assert (len(frames), [problem.kind for problem in problems]) == (2, ["damaged block"])


def test_recognises_only_captures_of_packets() -> None:
    assert gsmtap.recognises(section_file([ethernet(ip4(udp(b"question", 53)))])) == 0.05
    assert gsmtap.recognises(b"> 00A4\x12\x79") == 0
    assert gsmtap.recognises(b"") == 0


def summed(body: bytes, finished: bool = True) -> bytes:
    """An IPv4 packet with its check sums as RFC 1071 computes them, word by word; UDP's perhaps only begun."""

    def words(data: bytes) -> int:
        total = sum(struct.unpack(f">{len(data) // 2}H", data))
        return (total & 0xFFFF) + (total >> 16)

    addresses, packet = bytes((127, 0, 0, 1)) * 2, bytearray(udp(body))
    pseudo = words(addresses + struct.pack(">HH", 17, len(packet)))
    total = words(struct.pack(">H", pseudo) + packet + bytes(len(packet) % 2)) ^ 0xFFFF
    packet[6:8] = struct.pack(">H", total if finished else pseudo)
    head = bytearray(ip4(bytes(packet))[:20])
    head[12:20] = addresses
    head[10:12] = struct.pack(">H", words(bytes(head)) ^ 0xFFFF)
    return bytes(head + packet)


def test_changed_byte_never_passes_where_there_are_check_sums() -> None:
    good = ethernet(summed(tap(SELECT)))
    assert [frame.data for frame in read(section_file([good]))[0]] == [SELECT]
    for at in range(26, len(good)):
        if at not in (
            40,
            41,
        ):  # the sum itself: one that is 0 or begun cannot be told from one that never was finished
            changed = good[:at] + bytes([good[at] ^ 0x20]) + good[at + 1 :]
            frames, problems, coverage = read(section_file([good, changed, good]))
            assert problems or coverage.skipped.get("other packet"), at
            assert len(frames) == 2, at


def test_check_sum_that_the_network_card_was_to_finish_is_not_checked() -> None:
    begun = ethernet(summed(tap(SELECT), finished=False))
    frames, problems, _ = read(section_file([begun]))
    assert [frame.data for frame in frames] == [SELECT] and problems == []


@pytest.mark.long
def test_mutated_capture_often() -> None:
    whole = section_file(
        [ethernet(summed(unit)) for unit in [tap(ATR, 1), tap(SELECT), tap(MORE)] * 4]
    )
    passed = 0
    for seed in range(20_000):
        frames, _, _ = read(mutate(whole, seed))
        passed += not {frame.data for frame in frames} <= {ATR, SELECT, MORE}
        assert len(frames) >= 9, seed
    assert passed <= 20  # the sum of words cannot tell 00 FF from FF 00 when both sides change
