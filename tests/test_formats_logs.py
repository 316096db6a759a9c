# SPDX-License-Identifier: MIT
"""Logs of programs: the forms each comes in, the levels it is written at, and what its clock is worth."""

from __future__ import annotations

import io
import random
import re

import pytest

import cardlib
from cardlib.core.model import Coverage, Frame, Problem, Session
from cardlib.formats.logs import LOGS

pcscd, pyscard_log = (
    next(one for one in LOGS if name == one.NAME) for name in ("pcscd log", "pyscard observer")
)

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
    assert [frame.time_ns for frame in (*session.frames, *first.frames)] == [
        15_000,
        1_015_000,
        32_115_000,
    ]
    assert (first.start_ns, first.end_ns, first.duration_ns) == (1_000_000, 32_100_000, 31_100_000)
    assert second.duration_ns == 4_000_000


def test_exchange_that_is_logged_at_three_levels_is_read_once() -> None:
    frames, problems = read(LOG)
    assert [frame.kind for frame in frames] == [
        "atr",
        "apdu",
        "apdu",
        "apdu",
        "apdu",
    ] and problems == []


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
    assert all(
        exchange.end_ns is None and exchange.start_ns is None for exchange in capture.exchanges
    )


def test_saturated_delta_ends_the_times_until_the_next_card() -> None:
    text = (
        LOG
        + LOG.replace("00000000 winscard", "99999999 winscard")
        + LOG.replace("00004000", "99999999")
    )
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
    assert [(problem.kind, problem.unit, problem.gap) for problem in problems] == [
        ("unreadable line", 12, True)
    ]
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


PYSCARD_LOG = """\
connecting to Some Reader 00 00
> 00 A4 04 00 07 A0 00 00 00 03 10 10 00
< 6F 10 84 07 A0 00 00 00 03 10 10 A5 05 50 03 41 42 43 90 00
> 00 B2 01 0C 00
<  [] 6A 83
> 00 B0 00 00 02
< 01 02 90 0
disconnecting from Some Reader 00 00
"""


def pyscard(text: str) -> list[Frame | Session | Problem]:
    data, coverage = text.encode(), Coverage()
    items = list(pyscard_log.frames(io.BytesIO(data), coverage))
    assert coverage.total == len(data)
    return items


def test_pyscard_session() -> None:
    capture = cardlib.read_text(PYSCARD_LOG + PYSCARD_LOG)
    assert (capture.format, len(capture.sessions), len(capture.exchanges)) == (
        "pyscard observer",
        2,
        6,
    )
    assert capture.problems == ()
    assert capture.sessions[1].meta == (("reader", "Some Reader 00 00"),)
    assert [frame.note[:12] for frame in capture.sessions[0].frames] == [
        "connecting t",
        "disconnectin",
    ]
    assert capture.exchanges[0].context.how == "assumed"
    assert capture.exchanges[1].context.how == "selected"
    assert all(exchange.end_ns is None for exchange in capture.exchanges)


STATUS = {
    "<  [] 90 0": "9000",
    "<  [] 90 00": "9000",
    "<  []  6 0": "0600",
    "< 90 0": "9000",
    "< 01 02 90 0": "01029000",
    "< 01 02 61  E": "0102610e",
    "< 01 02 61 1E": "0102611e",
    "< 01 02 90 00 ": "01029000",
    "< 0102 9000": "01029000",
    "< 01 0290 00": "01029000",
}


@pytest.mark.parametrize("text", STATUS)
def test_status_word_may_lose_a_zero(text: str) -> None:
    (frame,) = pyscard(text)
    assert isinstance(frame, Frame)
    assert (frame.data.hex(), frame.sender) == (STATUS[text], "card")


PYSCARD_BAD = [
    "< 90 0G",
    "> 00 A4 0",
    "> zz",
    "<  [] 90",
    "< 0 01 90 00",
    "< 9",
    "< 9F 36 02 0",
    "00 A4 04 00 07",
]


@pytest.mark.parametrize("text", PYSCARD_BAD)
def test_pyscard_damaged_line_is_a_problem_and_costs_itself(text: str) -> None:
    items = pyscard(PYSCARD_LOG + text + "\n" + PYSCARD_LOG)
    problems = [item for item in items if isinstance(item, Problem)]
    assert [(problem.kind, problem.unit) for problem in problems] == [("unreadable line", 9)]
    assert sum(isinstance(item, Frame) for item in items) == 16


def test_reconnecting_is_an_event_and_other_text_is_skipped() -> None:
    items = pyscard("reconnecting to A\nrelease from A\nhello\n\n")
    assert [item.note for item in items if isinstance(item, Frame)] == [
        "reconnecting to A",
        "release from A",
    ]


def test_pyscard_lines_around_a_damaged_one_are_unaffected() -> None:
    lines = (PYSCARD_LOG * 3).splitlines()
    for seed in range(200):
        rng = random.Random(seed)
        row, new = rng.randrange(len(lines)), lines[:]
        at = rng.randrange(len(new[row]))
        new[row] = new[row][:at] + rng.choice(["", "?", "00", "\x00"]) + new[row][at + 1 :]
        items = pyscard("\n".join(new) + "\n")
        frames = {item.unit: item.data for item in items if isinstance(item, Frame)}
        whole = {
            item.unit: item.data for item in pyscard(PYSCARD_LOG * 3) if isinstance(item, Frame)
        }
        assert all(frames[unit] == data for unit, data in whole.items() if unit != row + 1)


def test_pyscard_recognises() -> None:
    assert pyscard_log.recognises(PYSCARD_LOG.encode()) > 0.8
    assert pyscard_log.recognises(b"> 00 A4 04 00\n<  [] 90 00\n") > 0.8
    assert pyscard_log.recognises(b"> 00 A4 04 00\n< 90 00\n") == 0
    assert pyscard_log.recognises(b"connecting to the world\n") == 0


def test_pyscard_long_lines_are_passed_on() -> None:
    assert [item.kind for item in pyscard("> " + "00 " * 500_000) if isinstance(item, Problem)] == [
        "long line"
    ] * 2


ASK, TELL = "00A4040007A000000003101000", "6F108407A0000000031010A50550034142439000"
SPACED = (" ".join(re.findall("..", ASK)), " ".join(re.findall("..", TELL)))


def halves(text: str) -> list[tuple[str, str]]:
    """The commands and answers of a text."""
    return [
        (
            e.command.raw.hex().upper() if e.command else "",
            e.response.raw.hex().upper() if e.response else "",
        )
        for e in cardlib.read_text(text).exchanges
    ]


def block(node: str, data: str) -> str:
    """A block of T=1."""
    raw = bytes.fromhex(f"{node}{len(data) // 2:02X}{data}")
    check = 0
    for byte in raw:
        check ^= byte
    return " ".join(f"{byte:02X}" for byte in (*raw, check))


CCID_LOG = f"""\
00000005 Card ATR: 3B 80 81 7E 23
00000100 -> 000000 62 00 00 00 00 00 04 01 00 00 
00000100 <- 000000 80 05 00 00 00 00 04 00 00 00 3B 80 81 7E 23 
00000100 -> 000000 6F 0D 00 00 00 00 05 00 00 00 {SPACED[0]} 
00000100 <- 000000 80 14 00 00 00 00 05 00 00 00 {SPACED[1]} 
"""
T1_LOG = f"""\
00000005 Card ATR: 3B 80 81 7E 23
00000100 sending: {block("0000", ASK)} 
00000100 -> 000000 6F 11 00 00 00 00 05 00 00 00 {block("0000", ASK)} 
00000100 <- 000000 80 18 00 00 00 00 05 00 00 00 {block("0000", TELL)} 
00000100 received: {block("0000", TELL)} 
"""


@pytest.mark.parametrize(
    "text", [CCID_LOG, T1_LOG, T1_LOG.replace("sending", "-").replace("received", "-")]
)
def test_log_without_apdus_is_read_at_the_next_level(text: str) -> None:
    assert halves(text) == [(ASK, TELL)]


def test_ccid_message_of_another_length_is_damaged() -> None:
    frames, problems = read(CCID_LOG.replace("6F 0D", "6F 0E"))
    assert [problem.kind for problem in problems] == ["damaged frame"] and len(frames) == 2


def test_threads_that_interleave_keep_their_pairs() -> None:
    lines = [
        f"[1] APDU: {SPACED[0]}",
        "[2] APDU: 00 B2 01 0C 00",
        f"[1] SW: {SPACED[1]}",
        "[2] SW: 6A 83",
    ]
    text = "".join(f"00000100 {line}\n" for line in lines)
    assert halves(text) == [(ASK, TELL), ("00B2010C00", "6A83")]
    assert halves(text.replace("[1] APDU", "[1] APDV")) == [("", TELL), ("00B2010C00", "6A83")]


STAMPS = {
    "A": "P:4486; T:0x140259096578112 15:32:20.500 [opensc-tool] reader-pcsc.c:326:pcsc_transmit: ",
    "B": "0x7f8b1c 15:32:20.500 [opensc-tool] reader-pcsc.c:326:pcsc_transmit: ",
    "C": "P:4486; T:1234 2026-01-02 15:32:20.500 [opensc-tool] reader-pcsc.c:326:pcsc_transmit: ",
    "D": "2026-01-02 15:32:20.500 ",
}


@pytest.mark.parametrize("dialect", STAMPS)
def test_opensc_dialects(dialect: str) -> None:
    label = {"D": "Outgoing APDU data [   13 bytes] ====="}.get(
        dialect, "Outgoing APDU (13 bytes):"
    )
    text = (
        STAMPS[dialect]
        + f"\n{label}\n{SPACED[0]} .............\n\n"
        + STAMPS[dialect]
        + "\nIncoming APDU (2 bytes):\n6A 82 j.\n"
    )
    capture = cardlib.read_text(text)
    assert (
        halves(text) == [(ASK, "6A82")]
        and capture.problems == ()
        and capture.format == "OpenSC debug log"
    )
    [exchange] = capture.exchanges
    time = exchange.frames[0].time_ns or 0
    assert (
        time % 10**9 == 500_000_000
        and (time > 10**18) == (dialect in "CD")
        and exchange.duration_ns == 0
    )


def test_milliseconds_that_cannot_be_are_no_time() -> None:
    text = (
        f"0x1 15:32:20.140733193388868 [a] b.c:1:d: \nOutgoing APDU (13 bytes):\n{SPACED[0]} ....\n"
    )
    assert [e.start_ns for e in cardlib.read_text(text).exchanges] == [None]


def test_text_column_may_look_like_hex_and_its_difference_is_told() -> None:
    text = "Sending: 00 B0 00 00 02 \nReceived (SW1=0x90, SW2=0x00):\n41 42 AB\n"
    assert halves(text) == [("00B0000002", "41429000")]
    [problem] = cardlib.read_text(text.replace("41 42 AB", "41 43   AB")).problems
    assert (problem.kind, problem.gap) == ("text column", False)


GP = """\
A>> T=1 (4+0007) 00A40400 07 A0000000031010 00
A<< (0018+2) (1s12ms) 6F108407A0000000031010A5055003414243 9000
"""


def test_duration_of_globalplatformpro() -> None:
    [exchange] = cardlib.read_text(GP).exchanges
    assert exchange.duration_ns == 1_012_000_000 and halves(GP) == [(ASK, TELL)]
    assert halves(f">> {ASK[:8]} {ASK[8:]}\n<< (12ms) {TELL}\n") == [(ASK, TELL)]


@pytest.mark.parametrize(
    "old, new",
    [("0007", "0008"), ("0018", "0017"), ("31010A5", "31010A"), ("07 A0000000", "07 A00000")],
)
def test_declared_length_that_does_not_fit_is_a_problem(old: str, new: str) -> None:
    assert [problem.kind for problem in cardlib.read_text(GP.replace(old, new)).problems] == [
        "unreadable line"
    ]


def test_spy_threads_interleave_line_by_line() -> None:
    def call(thread: str, ask: str, tell: str) -> list[str]:
        size = [f"0x{len(half) // 2:08X}" for half in (ask, tell)]
        asked, told = (" ".join(re.findall("..", half)) + " " for half in (ask, tell))
        other = "0x00000001"
        values = [">|10|5|SCardTransmit", *[other] * 3, size[0], asked, other, other, size[1], told]
        return [
            f"{thread}@{value}" for value in (*values, "<|10|78085|SCardTransmit|ok|0x00000000")
        ]

    both = zip(call("7FDA", ASK, TELL), call("7FDB", "00B2010C00", "6A83"), strict=True)
    text = "\n".join(line for pair in both for line in pair) + "\n"
    capture = cardlib.read_text(text)
    assert halves(text) == [(ASK, TELL), ("00B2010C00", "6A83")]
    assert capture.problems == () and [len(session.exchanges) for session in capture.sessions] == [
        1,
        1,
    ]
    assert [e.duration_ns for e in capture.exchanges] == [
        78_080_000
    ] * 2  # microseconds are not padded


def test_control_calls_of_a_spy_are_no_apdus() -> None:
    text = "SCarControl\n i bSendLength 0x00000001 (1)\n i bSendBuffer\n i  0000 01    .\n => ok [0.1]\nSCardTransmit\n"
    text += f" i bSendLength 0x0000000D (13)\n i bSendBuffer\n i  0000 {SPACED[0]}    .............\n => ok [??.??]\n"
    assert halves(text) == [(ASK, "")]


def test_milliseconds_of_ykman_are_not_padded() -> None:
    text = f"TRAFFIC 12:00:00.7 [a.b:9] SEND: {ASK.lower()}\nTRAFFIC 12:00:00.12 [a.b:9] RECV: {TELL[:-4]} SW=9000\n"
    assert [e.duration_ns for e in cardlib.read_text(text).exchanges] == [5_000_000] and halves(
        text
    ) == [(ASK, TELL)]


def test_packets_to_a_token_on_usb_are_no_apdus() -> None:
    text = f"TRAFFIC 12:00:00.7 [fido2.hid.send:1] SEND: {'00' * 64}\nTRAFFIC 12:00:00.8 [fido2.pcsc.x:1] SEND: {ASK}\n"
    assert halves(text) == [(ASK, "")]


def test_only_wrapped_commands_of_gpshell_went_to_the_card() -> None:
    text = f"Command --> 80CA000000\nWrapped command --> 84CA000000\nResponse <-- {TELL}\nUnwrapped response <-- 9000\n"
    assert halves(text) == [("84CA000000", TELL)]


def test_web_page_may_mangle_the_text_column_of_jcshell() -> None:
    row = "6F 10 84 07 A0 00 00 00 03 10 10 A5 05 50 03 41"
    text = f"=> {SPACED[0]}             .............\n(83 usec)\n"
    text += f"<= {row}    [email protected]\n    42 43 90 00    BC..\n"
    capture = cardlib.read_text(text)
    assert halves(text) == [(ASK, TELL)] and [problem.kind for problem in capture.problems] == [
        "text column"
    ]
    assert capture.exchanges[0].duration_ns == 83_000


LPAC = '{"type":"apdu","payload":{"func":"%s","param":%s}}\n{"type":"apdu","payload":{"ecode":0,"data":%s}}\n'


def test_json_driver_of_lpac() -> None:
    text = LPAC % ("connect", "null", "null") + LPAC % ("transmit", f'"{ASK}"', f'"{TELL}"')
    assert halves(text) == [(ASK, TELL)] and cardlib.read_text(text).problems == ()


def test_modem_tells_how_many_digits() -> None:
    good = f'AT+CGLA=1,{len(ASK)},"{ASK}"\n+CGLA: {len(TELL)},"{TELL}"\n'
    assert halves(good) == [(ASK, TELL)]
    assert [
        problem.kind for problem in cardlib.read_text(good.replace("=1,26", "=1,28")).problems
    ] == ["unreadable line"]
    assert halves(
        f"+CLOGBUFFSIMAPDUTD: TX Data APDU: {ASK}\n+CLOGBUFFSIMAPDURD: RX Data APDU: 9000\n"
    ) == [(ASK, "9000")]


def test_long_line_of_cardpeek_is_read() -> None:
    text = f"# cardpeek trace file\nR:3B00\nC:00B0000000:9000:{'41' * 3000}\nC:00B2010C00:6A83:\n# end\n"
    assert halves(text) == [("00B0000000", "41" * 3000 + "9000"), ("00B2010C00", "6A83")]


def test_line_of_cardpeek_with_junk_before_it_is_damaged() -> None:
    text = "# cardpeek trace file\nC:00B0000000:9000:41\n\x07\x01C:00B2010C00:6A83:\nC:00B2020C00:6A83:\n"
    assert [(problem.kind, problem.unit) for problem in cardlib.read_text(text).problems] == [
        ("unreadable line", 3)
    ]
    assert halves(text) == [("00B0000000", "419000"), ("00B2020C00", "6A83")]


def test_rows_that_cannot_be_read_leave_no_shorter_answer() -> None:
    text = "Sending: 00 B0 00 00 02\nReceived (SW1=0x90, SW2=0x00):\n%s\nSending: 00 B0 00 00 02\n"
    assert halves(text % "41 42 AB") == [("00B0000002", "41429000"), ("00B0000002", "")]
    assert halves(text % "41 4\0 AB") == [("00B0000002", ""), ("00B0000002", "")]


def test_each_session_of_a_modem_has_its_own_channel() -> None:
    text = 'AT+CSIM=26,"00A4040007A000000003101000"\n+CSIM: 4,"9000"\nOK\nAT+CCHO="A0000005591010"\n+CCHO: 1\nOK\n'
    text += (
        'AT+CGLA=1,10,"00B2010C00"\n+CGLA: 4,"6A83"\nOK\nAT+CSIM=10,"00B2020C00"\n+CSIM: 4,"6A82"\n'
    )
    capture = cardlib.read_text(text)
    assert [len(session.exchanges) for session in capture.sessions] == [
        2,
        1,
    ] and capture.problems == ()
    assert [[e.context.how for e in session.exchanges] for session in capture.sessions] == [
        ["assumed", "selected"],
        ["selected"],  # of the application that the channel was opened on
    ]
    slots = "".join(
        f"+CLOGBUFFSIMAPDU{way}D: SIM SLOT:{slot},LSI:2,{way}X Data APDU: {data}\n"
        for slot, way, data in (
            (1, "T", "00B2010C00"),
            (2, "T", "00B2020C00"),
            (1, "R", "6A83"),
            (2, "R", "6A82"),
        )
    )
    found = [
        (e.command and e.command.p1, e.response and e.response.sw)
        for e in cardlib.read_text(slots).exchanges
    ]
    assert sorted(found) == [(1, 0x6A83), (2, 0x6A82)]
