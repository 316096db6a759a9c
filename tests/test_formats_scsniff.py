# SPDX-License-Identifier: MIT
"""Bytes on the contacts: what comes first is the ATR, then PPS, then T=0 in pieces or T=1 in blocks."""

from __future__ import annotations

from pathlib import Path

import cardlib

LOG = """\
== Waiting for reset..  Done
+0.023680s | CARD>>> | 3B 65 00 00 20 63 CB 6F 00
+0.072785s | CARD<<< | FF 10 13 FC
+0.083557s | CARD>>> | FF 10 13 FC
== Switching to 93 ticks per ETU (22400 baud) after PPS
+0.106063s | CARD<<< | 00 B2 01 0C 00
+0.109960s | CARD>>> | 6C 02
+0.111310s | CARD<<< | 00 B2 01 0C 02
+0.115236s | CARD>>> | B2
+0.115794s | CARD>>> | 3B 00
+0.128261s | CARD>>> | 90 00
"""


def test_damaged_lines_are_problems() -> None:
    for old, new in (
        ("| 6C 02", "| 6C 0"),
        ("| 90 00", "| 9G"),
        ("CARD<<< | 00 B2 01 0C 00", "CARD<< | 00 B2 01 0C 00"),
    ):
        assert [problem.kind for problem in cardlib.read_text(LOG.replace(old, new)).problems] == [
            "unreadable line"
        ]


def test_pieces_are_joined_and_only_the_first_is_an_atr() -> None:
    capture = cardlib.read_text(LOG + LOG)
    assert capture.format == "scsniff" and capture.problems == () and len(capture.sessions) == 2
    session = capture.sessions[0]
    assert session.clock == "host" and session.atr == bytes.fromhex("3B6500002063CB6F00")
    assert [frame.kind for frame in session.frames] == ["atr", "pps", "pps", "event"]
    [exchange] = session.exchanges
    assert exchange.command and exchange.response
    assert (exchange.command.raw.hex(), exchange.response.raw.hex()) == ("00b2010c02", "3b009000")


def test_log_without_reset_or_atr_is_read() -> None:
    whole = [e.response and e.response.raw.hex() for e in cardlib.read_text(LOG).exchanges]
    lines = LOG.splitlines(keepends=True)
    for first, atr in ((1, "3b6500002063cb6f00"), (2, None), (5, None)):
        capture = cardlib.read_text("".join(lines[first:]), "scsniff")
        assert [e.response and e.response.raw.hex() for e in capture.exchanges] == whole
        assert capture.sessions[0].atr == (bytes.fromhex(atr) if atr else None)


T1 = """\
== Waiting for reset..  Done
+0.017285s | CARD>>> | 3B 80 81 31 20 90
+0.106063s | CARD<<< | 00 00 05 00 B2 01 0C 00 BA
+0.109960s | CARD>>> | 00 00 02 6A 83 EB
"""


def test_lost_atr_behind_a_card_of_another_protocol_costs_no_exchange() -> None:
    head, atr, *rest = LOG.splitlines(keepends=True)
    t1_head, _, *t1_rest = T1.splitlines(keepends=True)
    for lost, how in (("", "assumed"), (atr[:24] + "\xff\n", "unknown")):
        for text in (T1 + head + lost + "".join(rest), LOG + t1_head + lost + "".join(t1_rest)):
            capture = cardlib.read_text(text)
            assert [len(session.exchanges) for session in capture.sessions] == [1, 1]
            assert capture.exchanges[1].context.how == how and capture.sessions[1].atr is None
            assert len(capture.problems) == bool(lost)
    assert [
        frame.kind for frame in cardlib.read_text("".join([head, *rest])).sessions[0].frames[:2]
    ] == ["pps"] * 2


def test_line_that_holds_traffic_somewhere_is_a_problem() -> None:
    damaged = LOG.replace(
        "+0.115794s | CARD>>> | 3B 00\n", "+0.115794s \xff\xff80020s | CARD>>> | 90 00\n"
    )
    assert [problem.kind for problem in cardlib.read_text(damaged).problems] == ["unreadable line"]


def test_sessions_that_its_author_published(real_captures: Path) -> None:
    first, second = cardlib.read(real_captures / "scsniff/README.txt").sessions
    assert (
        first.atr
        and first.atr.hex().startswith("3b7f18")
        and second.atr
        and second.atr.hex().startswith("3bff13")
    )
    [exchange] = first.exchanges
    assert exchange.command and exchange.response
    assert (exchange.command.raw.hex(), exchange.response.data) == (
        "00ca010016",
        b"CombOS UBS Access Card",
    )
    assert [frame.data.hex() for frame in first.frames if frame.kind == "pps"] == ["ff1013fc"] * 2
    assert [exchange.response and exchange.response.sw for exchange in second.exchanges] == [
        0x6700,
        0x6700,
        0x6A82,
        0x6A86,
    ]
    assert [frame.data.hex() for frame in second.frames if frame.kind == "block"] == [
        "00c101fe3e",
        "00e101fe1e",
    ]
