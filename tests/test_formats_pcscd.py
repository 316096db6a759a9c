# SPDX-License-Identifier: MIT
"""The log of the PC/SC daemon in its forms, and what its clock is worth."""

from __future__ import annotations

import io
import re

import pytest

import cardlib
from cardlib.formats.logs import PCSCD as pcscd
from cardlib.model import Coverage, Frame, Problem

LOG = """\
00000000 winscard_svc.c:331:ContextThread() Authorized PC/SC client
00000010 eventhandler.c:405:EHStatusHandlerThread() Card inserted into Some Reader 00 00
00000005 Card ATR: 3B 65 00 00 20 63 CB 6F 00 
00001000 APDU: 00 A4 04 00 07 A0 00 00 00 03 10 10 00 
00000100 -> 000000 6F 0D 00 00 00 00 05 00 00 00 00 A4 04 00 07 A0 00 00 00 03 10 10 00 
00000100 sending: 00 00 0D 00 A4 04 00 07 A0 00 00 00 03 10 10 00 2B 
00030000 received: 00 00 14 6F 10 84 07 A0 00 00 00 03 10 10 A5 05 50 03 41 42 43 90 00 00 
00000100 <- 000000 80 14 00 00 00 00 05 00 00 00 6F 10 84 07 A0 00 00 00 03 10 10 A5 05 50 03 41 42 43 90 00 
00000800 SW: 6F 10 84 07 A0 00 00 00 03 10 10 A5 05 50 03 41 42 43 90 00 
00002000 APDU: 00 B2 01 0C 00 
00004000 SW: 6A 83 
"""


def read(text: str) -> tuple[list[Frame], list[Problem]]:
    data, coverage = text.encode(), Coverage()
    items = list(pcscd.frames(io.BytesIO(data), coverage))
    assert coverage.total == len(data)
    frames = [item for item in items if isinstance(item, Frame)]
    return frames, [item for item in items if isinstance(item, Problem)]


def test_times_are_sums_of_all_deltas() -> None:
    capture = cardlib.read_text(LOG)
    assert (capture.format, len(capture.sessions), capture.problems) == ("pcscd log", 1, ())
    session = capture.sessions[0]
    assert session.atr == bytes.fromhex("3B6500002063CB6F00") and session.clock == "host"
    first, second = capture.exchanges
    assert [frame.time_ns for frame in (*session.frames, *first.frames)] == [15_000, 1_015_000, 32_115_000]
    assert (first.start_ns, first.end_ns, first.duration_ns) == (1_000_000, 32_100_000, 31_100_000)
    assert second.duration_ns == 4_000_000


def test_exchange_that_is_logged_at_three_levels_is_read_once() -> None:
    frames, problems = read(LOG)
    assert [frame.kind for frame in frames] == ["atr", "apdu", "apdu", "apdu", "apdu"] and problems == []


def coloured(text: str) -> str:
    return re.sub(r"(?m)^(\d{8}) (.*)$", "\x1b[36m\\1\x1b[0m [140213] \x1b[34m\\2\x1b[0m", text)


FORMS = {
    "colour": coloured(LOG),
    "threads": re.sub(r"(?m)^(\d{8}) ", r"\1 [140213] ", LOG),
    "pointer": re.sub(r"(?m)^(\d{8}) ", r"\1 [0x7fff12ab] ", LOG),
    "journal": re.sub(r"(?m)^", "Mar 05 21:43:45 my-host pcscd[2238]: ", LOG[:-1]) + "\n",
    "ISO journal": re.sub(r"(?m)^", "2026-03-05T21:43:45+0100 host pcscd[2238]: ", LOG[:-1]) + "\n",
    "CRLF": LOG.replace("\n", "\r\n"),
    "CR": LOG.replace("\n", "\r"),
    "BOM": "\ufeff" + LOG,
    "table": LOG.replace(" \n", " | |\n"),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms(form: str) -> None:
    capture, plain = cardlib.read_text(FORMS[form]), cardlib.read_text(LOG)
    assert capture.format == "pcscd log" and capture.problems == ()
    assert [e.command for e in capture.exchanges] == [e.command for e in plain.exchanges]
    assert [e.duration_ns for e in capture.exchanges] == [e.duration_ns for e in plain.exchanges]


def test_journal_without_deltas_has_no_times() -> None:
    text = re.sub(r"(?m)^\d{8} ", "Mar 05 21:43:45 host pcscd[2238]: ", LOG)
    capture = cardlib.read_text(text)
    assert capture.format == "pcscd log" and len(capture.exchanges) == 2 and capture.problems == ()
    assert all(exchange.end_ns is None and exchange.start_ns is None for exchange in capture.exchanges)


def test_saturated_delta_ends_the_times_until_the_next_card() -> None:
    text = LOG + LOG.replace("00000000 winscard", "99999999 winscard") + LOG.replace("00004000", "99999999")
    frames, problems = read(text)
    times = [frame.time_ns for frame in frames]
    assert None not in times[:6] and times[5] == 0 and times[14] is None
    assert [(problem.kind, problem.gap) for problem in problems] == [("clock", False)] * 2
    capture = cardlib.read_text(text)
    assert [exchange.duration_ns is None for exchange in capture.exchanges] == [False] * 5 + [True]


BAD = {
    "hex": "00000100 SW: 90 0G ",
    "half a byte": "00000100 SW: 90 0 ",
    "delta": "0000x100 SW: 90 00 ",
    "long delta": "000000100 SW: 90 00 ",
    "label": "00000100 SV: 90 00 6A 83 ",
    "wrapped": "41 42 43 90 00 ",
}


@pytest.mark.parametrize("name", BAD)
def test_damaged_line_is_a_problem_and_costs_itself(name: str) -> None:
    frames, problems = read(LOG + BAD[name] + "\n" + LOG)
    assert len(frames) == 10
    assert [(problem.kind, problem.unit, problem.gap) for problem in problems] == [("unreadable line", 12, True)]
    assert problems[0].raw.decode() == BAD[name]


def test_other_lines_are_no_problems() -> None:
    lines = "00000050 ifdhandler.c:1126:IFDHPowerICC() action: PowerUp, usb:08e6/3437 (lun: 0)\n\nhello\n"
    assert read(lines) == ([], [])
    assert read("00000050 SW: \n")[0][0].data == b""


def test_recognises() -> None:
    assert pcscd.recognises(LOG.encode()) > 0.8
    assert pcscd.recognises(b"00001000 APDU: 00 A4 04 00\n") > 0.8
    assert pcscd.recognises(b"APDU: 00 A4 04 00\nSW: 90 00\n") == 0
    assert pcscd.recognises(b"") == 0


def test_long_lines_are_passed_on() -> None:
    _, problems = read("00000000 APDU: " + "00 " * 500_000)
    assert [problem.kind for problem in problems] == ["long line"] * 2
