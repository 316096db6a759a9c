# SPDX-License-Identifier: MIT
"""Logs of programs that read cards: wrapped by a logger, quoted, cut; what they leave out is said."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest
from test_formats_card_reports import host_frame
from test_formats_rules import SAMPLES, SESSION

import cardlib
from cardlib.core.apdu import LEFT_OUT
from cardlib.core.model import Capture

READERS = (
    "Golden Reader Tool log",
    "keyroost trace",
    "Proxmark3 APDU log",
    "Flipper CLI",
    "ntag424-java log",
    "nfcpy log",
)
WRAPPED: dict[str, Callable[[str], str]] = {
    "CR LF": lambda text: text.replace("\n", "\r\n"),
    "fence": lambda text: f"I get this:\n```\n{text}```\nWhat is wrong?\n",
    "code": lambda text: textwrap.indent(text, "    "),
    "tab": lambda text: textwrap.indent(text, "\t"),
}
LOGGED = {
    "journal": "Mar 05 21:43:45 my-host app[12]: ",
    "ESP-IDF": "I (1234) nfc: ",
    "logger": "2026-01-02T10:11:12Z DEBUG app: ",
}


def pairs(capture: Capture) -> list[tuple[str, str]]:
    found = []
    for exchange in capture.exchanges:
        command = exchange.command.raw.hex().upper() if exchange.command else ""
        response = exchange.response.raw.hex().upper() if exchange.response else ""
        found.append((command, response))
    return found


def name_of(capture: Capture) -> str:
    return capture.format.removesuffix(" (unproven)")


@pytest.mark.parametrize("how", WRAPPED)
@pytest.mark.parametrize("name", READERS)
def test_wrapped_log_is_read_as_before(name: str, how: str) -> None:
    capture = cardlib.read_text(WRAPPED[how](SAMPLES[name].decode()))
    assert name_of(capture) == name and capture.problems == ()
    assert pairs(capture) == SESSION


@pytest.mark.parametrize("how", LOGGED)
@pytest.mark.parametrize("name", [name for name in READERS if "Golden" not in name])
def test_log_in_the_lines_of_another_is_read_as_before(name: str, how: str) -> None:
    text = textwrap.indent(SAMPLES[name].decode(), LOGGED[how])
    capture = cardlib.read_text(text)
    assert name_of(capture) == name and pairs(capture) == SESSION


@pytest.mark.parametrize("name", READERS)
def test_log_that_begins_late_has_all_that_follows(name: str) -> None:
    lines = SAMPLES[name].decode().splitlines(keepends=True)
    capture = cardlib.read_text("".join(lines[len(lines) // 3 :]))
    assert name_of(capture) == name and pairs(capture)[-2:] == SESSION[-2:]


def test_golden_reader_quoted_in_a_mail_or_without_stamps() -> None:
    text = SAMPLES["Golden Reader Tool log"].decode()
    assert pairs(cardlib.read_text(textwrap.indent(text, "> "))) == SESSION
    bare = "".join(line.split(": ", 1)[-1] for line in text.splitlines(keepends=True))
    capture = cardlib.read_text(bare)
    assert pairs(capture) == SESSION and capture.exchanges[0].start_ns is None


REDACTED = """\
>            piv >> VERIFY
>            piv >> 00 20 00 80 08 [8 data bytes redacted]
<            piv << 63 C2
<            piv << SW = 63 C2 (verification failed)
>        openpgp >> 00 CA 00 6E 00
<        openpgp << [120 data bytes redacted] 90 00
"""
WINDOW = """\
0026 INFO    send: 00A404000E315041592E5359532E4444(...) [4S]
0027 INFO    Recv: 9000 6F1A840E315041592E5359532E444446(...) [Normal processing]
0028 INFO    send: 00A4040008A00000000310100100 [4S]
0029 INFO    Recv: 6A82  [File not found]
"""
LEFT_OUTS = {
    "keyroost": (REDACTED, [(LEFT_OUT, ""), ("", LEFT_OUT)], [(None, 0x63C2), (256, 0x9000)]),
    "cardpeek": (WINDOW, [(LEFT_OUT, LEFT_OUT), ("", "")], [(None, 0x9000), (256, 0x6A82)]),
}


@pytest.mark.parametrize("name", LEFT_OUTS)
def test_what_is_left_out_is_said_where_it_is_and_no_half_is_whole(name: str) -> None:
    text, errors, values = LEFT_OUTS[name]
    capture = cardlib.read_text(text)
    found = [(e.command, e.response) for e in capture.exchanges]
    assert [(c.error, r.error) for c, r in found if c and r] == errors
    assert [(c.le, r.sw) for c, r in found if c and r] == values
    assert {(problem.kind, problem.gap) for problem in capture.problems} == {("left out", False)}
    lines = [
        number
        for number, line in enumerate(text.splitlines(), 1)
        if "(...)" in line or "redacted" in line
    ]
    assert [problem.unit for problem in capture.problems] == lines


def test_cut_atr_of_cardpeek_is_no_atr() -> None:
    text = WINDOW + "0030 INFO    ATR is 20 bytes: 3B6500002063CB6F00(...)\n"
    capture = cardlib.read_text(text)
    assert "unreadable line" in {problem.kind for problem in capture.problems}
    assert [session.atr for session in capture.sessions] == [None]


def test_proxmark_client_of_long_ago_opens_a_session_each_time() -> None:
    text = ">>>>[sel ] 00 b2 01 0c 00 \n<<<< 6a 83 \nAPDU response: 6a 83 - Record not found\n" * 2
    capture = cardlib.read_text(text)
    assert pairs(capture) == [("00B2010C00", "6A83")] * 2 and len(capture.sessions) == 2


def test_newer_flipper() -> None:
    text = "Detected tag: Iso14443_4a\n\nTx: 00 B2 01 0C 00 \nRx: 6A 83 \n\nTx: 00 84 00 00 08\n"
    capture = cardlib.read_text(text + 'Error: "Timeout"\n')
    assert pairs(capture) == [("00B2010C00", "6A83"), ("0084000008", "")]


def test_communicator_with_and_without_a_clock() -> None:
    text = "BytesSending: 9060000000\nBytesReceived: 0404023001001105 91AF\n"
    capture = cardlib.read_text(text)
    assert pairs(capture) == [("9060000000", "040402300100110591AF")]
    assert capture.exchanges[0].start_ns is None
    stamped = "14:14:12.100 D Communicator: " + text.replace(
        "\n", "\n14:14:12.107 D Communicator: ", 1
    )
    assert cardlib.read_text(stamped).exchanges[0].duration_ns == 7_000_000


def nfcpy(*frames: tuple[str, str], before: str = "[nfc.clf.transport] ") -> str:
    return "".join(f"{before}{mark} {frame}\n" for mark, frame in frames)


def port100(body: str) -> str:
    """A frame of an RC-S380: as those of a PN53x, with the length in the other order."""
    data = bytes.fromhex(body)
    size = len(data).to_bytes(2, "little")
    return f"0000ffffff{size.hex()}{-sum(size) & 255:02x}{data.hex()}{-sum(data) & 255:02x}00"


ACK = ("<<<", "0000ff00ff00")
CHIPS: dict[str, str] = {
    "PN53x": nfcpy(
        (">>>", host_frame("D442E080")),
        ACK,
        ("<<<", host_frame("D543000578807002")),
        (">>>", host_frame("D4420200B2010C00")),
        ("<<<", host_frame("D54300F201")),
        (">>>", host_frame("D442F201")),
        ("<<<", host_frame("D54300026A83")),
    ),
    "RC-S380": nfcpy(
        (">>>", port100("D6043C00E080")),
        ("<<<", port100("D70500000000080578807002")),
        (">>>", port100("D6043C000200B2010C00")),
        ("<<<", port100("D7050000000008026A83")),
    ),
    "APDUs and frames": "[nfc.tag.tt4] rcvd RATS response: 0578807002\n"
    + "[nfc.tag.tt4] >> 00b2010c00\n"
    + nfcpy((">>>", host_frame("D4420200B2010C00")), ("<<<", host_frame("D54300026A83")))
    + "[nfc.tag.tt4] << 6a83\n",
}


@pytest.mark.parametrize("name", CHIPS)
def test_blocks_that_nfcpy_sends_are_joined(name: str) -> None:
    capture = cardlib.read_text(CHIPS[name])
    assert name_of(capture) == "nfcpy log" and capture.problems == ()
    assert pairs(capture) == [("00B2010C00", "6A83")]
    assert [session.atr for session in capture.sessions] == [bytes.fromhex("0578807002")]


MEMORY = {
    "page": (host_frame("D4423014"), host_frame("D54300" + "00" * 16 + "37CC")),
    "poll of an RC-S380": (port100("D6040A0026"), port100("D70500000000084200")),
}


@pytest.mark.parametrize("name", MEMORY)
def test_commands_of_memory_cards_are_counted(name: str) -> None:
    command, answer = MEMORY[name]
    text = nfcpy((">>>", command), ACK, ("<<<", answer)) + CHIPS["PN53x"]
    capture = cardlib.read_text(text)
    assert pairs(capture) == [("00B2010C00", "6A83")] and capture.problems == ()


@pytest.mark.parametrize("name", ["PN53x", "RC-S380"])
def test_wrong_check_sum_is_a_problem_and_costs_its_frame(name: str) -> None:
    text = CHIPS[name]
    changed = text.replace("b2010c", "b2010d")
    assert [problem.kind for problem in cardlib.read_text(changed).problems] == ["damaged frame"]


def test_block_of_five_bytes_without_a_crc_is_no_header_of_t0() -> None:
    text = nfcpy((">>>", host_frame("D4420200B20104")), ("<<<", host_frame("D54300026A83")))
    capture = cardlib.read_text(text)
    assert pairs(capture) == [("00B20104", "6A83")] and capture.problems == ()
