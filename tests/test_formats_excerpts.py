# SPDX-License-Identifier: MIT
"""Excerpts of logs: indented, cut at the head, without a date, a header or a text column."""

from __future__ import annotations

import textwrap

import pytest

import cardlib
from cardlib.core.model import Capture

PAIR = [("00b2010c00", "6a83")]
OPENSC = """\
P:4486; T:0x140259096578112 15:32:20.500 [opensc-tool] reader-pcsc.c:326:pcsc_transmit: 
Outgoing APDU (5 bytes):
00 B2 01 0C 00 .....
P:4486; T:0x140259096578112 15:32:20.507 [opensc-tool] reader-pcsc.c:335:pcsc_transmit: 
Incoming APDU (2 bytes):
6A 83 j.
"""


def pairs(capture: Capture) -> list[tuple[str, str]]:
    found = []
    for exchange in capture.exchanges:
        command = exchange.command.raw.hex() if exchange.command else ""
        response = exchange.response.raw.hex() if exchange.response else ""
        found.append((command, response))
    return found


def problems(capture: Capture) -> list[str]:
    return [problem.kind for problem in capture.problems]


def below_the_first_line(text: str) -> str:
    return text.split("\n", 1)[1]


OPENSC_EXCERPTS = {
    "tabs": textwrap.indent(OPENSC, "\t"),
    "two tabs": textwrap.indent(OPENSC, "\t\t"),
    "code in markdown": textwrap.indent(OPENSC, "    "),
    "fence": f"```\n{OPENSC}```\n",
    "quoted": textwrap.indent(OPENSC, "> ", lambda _: True),
    "CR LF": textwrap.indent(OPENSC, "    ").replace("\n", "\r\n"),
    "begins at the bytes": below_the_first_line(OPENSC),
    "begins at the bytes, tabs": textwrap.indent(below_the_first_line(OPENSC), "\t"),
    "no text beside the hex": OPENSC.replace(" .....\n", "\n").replace(" j.\n", "\n"),
}


@pytest.mark.parametrize("name", OPENSC_EXCERPTS)
def test_excerpt_of_an_opensc_log(name: str) -> None:
    capture = cardlib.read_text(OPENSC_EXCERPTS[name])
    assert capture.format == "OpenSC debug log" and problems(capture) == []
    assert pairs(capture) == PAIR and len(capture.sessions) == 1


def test_command_above_the_first_stamp_has_no_time_and_its_answer_follows_it() -> None:
    [exchange] = cardlib.read_text(below_the_first_line(OPENSC)).exchanges
    command, answer = exchange.frames
    assert command.start < answer.start and command.time_ns is None
    assert answer.time_ns and exchange.duration_ns is None


def test_rows_that_lost_their_header_are_no_log_text() -> None:
    text = below_the_first_line(below_the_first_line(OPENSC))
    assert problems(cardlib.read_text(text)) == ["unreadable line"]


ROWS = "41 42 43 44 45 46 47 48 49 4A 4B 4C 4D 4E 4F 50 ABCDEFGHIJKLMNOP\n"


@pytest.mark.parametrize(
    ("rows", "data", "kinds"),
    [
        (ROWS + "00 03 08\n", "4142434445464748494a4b4c4d4e4f50000308", ["text column"]),
        (ROWS + "00 03 08    ...\n", "4142434445464748494a4b4c4d4e4f50000308", []),
        ("41 42\n", "4142", ["text column"]),
        ("41 42 AB\n", "4142", []),  # the text, which could be hex
        (
            ROWS.replace(" ABCDEFGHIJKLMNOP", ""),
            "4142434445464748494a4b4c4d4e4f50",
            ["text column"],
        ),
    ],
)
def test_row_without_a_text_column_may_be_cut_and_is_read(
    rows: str, data: str, kinds: list[str]
) -> None:
    text = f"Sending: 00 B0 00 00 00 \nReceived (SW1=0x90, SW2=0x00):\n{rows}"
    capture = cardlib.read_text(text)
    assert capture.format == "opensc-tool output" and problems(capture) == kinds
    assert pairs(capture) == [("00b0000000", data + "9000")]
    assert all(not problem.gap for problem in capture.problems)


def test_row_that_ends_in_half_a_byte_costs_its_answer() -> None:
    text = f"Sending: 00 B0 00 00 00 \nReceived (SW1=0x90, SW2=0x00):\n{ROWS}00 03 0\n"
    capture = cardlib.read_text(text)
    assert "unreadable line" in problems(capture)
    assert all(not exchange.response for exchange in capture.exchanges)


SCDAEMON = """\
scdaemon[500]: reader slot 0: active protocol: T1
scdaemon[500]: slot 0: ATR=3B 65 00 00 20 63 CB 6F 00
scdaemon[500]: DBG: send apdu: c=00 i=B2 p1=01 p2=0C lc=-1 le=256 em=0
scdaemon[500]: DBG:   PCSC_data: 00 B2 01 0C 00
scdaemon[500]: DBG:  response: sw=6A83  datalen=0
"""
SCDAEMONS = {
    "standard error": SCDAEMON,
    "indented": textwrap.indent(SCDAEMON, "    "),
    "journal": textwrap.indent(SCDAEMON, "Mar  5 21:43:45 my-host "),
    "own driver": SCDAEMON.replace("  PCSC_data:", " raw apdu:"),
    "among other lines": "serialno\nOK GNU Privacy Guard's Smartcard server ready\n" + SCDAEMON,
    "CR LF": SCDAEMON.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("name", SCDAEMONS)
def test_scdaemon_without_dates(name: str) -> None:
    capture = cardlib.read_text(SCDAEMONS[name])
    assert capture.format == "scdaemon log" and problems(capture) == []
    assert pairs(capture) == PAIR and capture.exchanges[0].start_ns is None
    assert [session.atr for session in capture.sessions] == [bytes.fromhex("3B6500002063CB6F00")]


def test_scdaemon_that_only_saw_a_card() -> None:
    capture = cardlib.read_text("".join(SCDAEMON.splitlines(keepends=True)[:2]))
    assert capture.format == "scdaemon log" and capture.exchanges == ()
    assert [session.atr for session in capture.sessions] == [bytes.fromhex("3B6500002063CB6F00")]


def test_damaged_line_of_scdaemon_without_dates_costs_itself() -> None:
    capture = cardlib.read_text(SCDAEMON.replace("00 B2 01", "00 B2 0G") + SCDAEMON)
    assert problems(capture) == ["unreadable line"]
    assert pairs(capture) == [("", "6a83"), *PAIR]


READ = "    6468352 |    6477728 | Rdr |03  00  B2  01  0C  00  58  90                   |  ok | \n"
ANSWER = (
    "    6512324 |    6518212 | Tag |03  6A  83  C6  64                               |     | \n"
)
EXCERPTS = {
    "rows": READ + ANSWER,
    "fence": f"```\n{READ}{ANSWER}```\n",
    "client": textwrap.indent(READ + ANSWER, "[=] "),
    "trimmed": textwrap.dedent(READ + ANSWER).replace(" \n", "\n"),
    "annotation": READ.replace("|  ok | ", "| A ok| READ RECORD (sfi=1, rec=1)") + ANSWER,
    "frame delay": READ
    + "    6477728 |    6512324 |     |fdt (Frame Delay Time): 34596\n"
    + ANSWER,
    "CR LF": (READ + ANSWER).replace("\n", "\r\n"),
}


@pytest.mark.parametrize("name", EXCERPTS)
def test_rows_of_a_proxmark_list_without_its_header(name: str) -> None:
    capture = cardlib.read_text(EXCERPTS[name])
    assert capture.format == "Proxmark3 list (unproven)" and problems(capture) == []
    assert pairs(capture) == PAIR
    assert capture.exchanges[0].duration_ns == 2_551_328  # 34,596 cycles


def test_gaps_and_durations_without_a_header_are_no_times() -> None:
    rows = READ.replace("6468352", "   1200").replace("6477728", "   9376")
    rows += ANSWER.replace("6512324", "  34596").replace("6518212", "   5888")
    capture = cardlib.read_text(rows)
    assert pairs(capture) == PAIR and capture.exchanges[0].duration_ns is None
    assert all(frame.time_ns is None for frame in capture.exchanges[0].frames)


def test_microseconds_without_a_header() -> None:
    rows = READ.replace("6468352", "   10.0").replace("6477728", "  701.5")
    rows += ANSWER.replace("6512324", "  900.0").replace("6518212", " 1334.2")
    [exchange] = cardlib.read_text(rows).exchanges
    assert exchange.duration_ns == 198_500


def test_starts_that_go_up_and_down_are_gaps() -> None:
    full = "00  " * 18
    gaps = [(90, "Rdr"), (40, "Tag"), (70, "Rdr"), (20, "Tag"), (60, "Rdr")]
    rows = "".join(f"       {gap} |       {10} | {who} |{full}|     | \n" for gap, who in gaps)
    [session] = cardlib.read_text(rows).sessions
    assert len(session.frames) == 5
    assert all(frame.time_ns is None for frame in session.frames)
