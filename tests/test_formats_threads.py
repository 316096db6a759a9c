# SPDX-License-Identifier: MIT
"""Several threads, processes, readers and cards in one log: a session, a context and a clock for each."""

from __future__ import annotations

import random
from itertools import chain, zip_longest
from pathlib import Path

import pytest
from test_formats_logs import ASK, SPACED
from test_laws import check_format

import cardlib
from cardlib.core.model import Capture
from cardlib.formats import by_name
from cardlib.formats.clocks import Times

READ, NOT_FOUND = "00 B2 01 0C 00", "6A 83"
ATRS = ("3B 65 00 00 20 63 CB 6F 00", "3B 80 80 01 01")


def told(capture: Capture) -> list[tuple[str, int]]:
    """Of each session: its ATR, and how many exchanges."""
    return [((s.atr or b"").hex(" ").upper(), len(s.exchanges)) for s in capture.sessions]


def known(capture: Capture) -> list[list[str]]:
    """How it is known what is selected, of each session before each exchange."""
    return [
        [exchange.context.how for exchange in session.exchanges] for session in capture.sessions
    ]


def mixed(*logs: str) -> str:
    """The lines of several logs in turn."""
    rows = chain.from_iterable(
        zip_longest(*(log.splitlines(keepends=True) for log in logs), fillvalue="")
    )
    return "".join(rows)


def pcscd(thread: str, *rows: str) -> str:
    return "".join(f"00000100 {thread}{row}\n" for row in rows)


CALLS = (f"APDU: {SPACED[0]} ", f"SW: {SPACED[1]} ", f"APDU: {READ} ", f"SW: {NOT_FOUND} ")


def test_thread_that_tells_an_atr_stands_for_a_card() -> None:
    one = pcscd("[11] ", f"Card ATR: {ATRS[0]}") + pcscd("[21] ", *CALLS)
    other = pcscd("[12] ", f"Card ATR: {ATRS[1]}") + pcscd("[22] ", *CALLS[2:], *CALLS[:2])
    capture = cardlib.read_text(mixed(other, one))
    # Client 22 speaks first, to the card that was told last: which reader it is connected to, the log does not say.
    assert sorted((len(s.exchanges), s.atr is not None) for s in capture.sessions) == [
        (2, True),
        (2, True),
    ]
    assert [
        len(
            {
                e.session
                for e in capture.exchanges
                if e.command and e.command.raw.hex().upper() == ASK
            }
        )
    ] == [2]
    assert [(p.kind, p.detail[:33], p.gap) for p in capture.problems] == [
        ("guess", f"which of 2 cards thread {thread} speaks", False) for thread in (22, 21)
    ]
    shared = cardlib.read_text(one + pcscd("[23] ", *CALLS[2:]))
    assert told(shared) == [(ATRS[0], 3)]  # a second program at the only card


def lun(number: int) -> str:
    return f"ifdhandler.c:1280:IFDHTransmitToICC() usb:08e6/3437:libudev:0:/dev/bus/usb/002/018 (lun: {number})"


def power(number: int) -> str:
    return f"ifdhandler.c:1043:IFDHPowerICC() action: PowerUp, usb:08e6/3437:libudev:0:/dev/bus/usb (lun: {number})"


@pytest.mark.parametrize("threads", [("", ""), ("[7] ", "[7] "), ("[7] ", "[8] ")])
def test_readers_are_told_apart_by_their_numbers(threads: tuple[str, str]) -> None:
    rows = [
        (number, rows)
        for number in (0, 1)
        for rows in (
            (power(number), f"Card ATR: {ATRS[number]}"),
            (CALLS[0], lun(number), CALLS[1]),
        )
    ]
    order = [
        rows[0],
        rows[2],
        rows[1],
        rows[3],
        (0, (CALLS[2], lun(0), CALLS[3])),
        (1, (CALLS[2], lun(1), CALLS[3])),
    ]
    capture = cardlib.read_text("".join(pcscd(threads[number], *lines) for number, lines in order))
    assert told(capture) == [(ATRS[0], 2), (ATRS[1], 2)]
    assert [dict(session.meta)["lane"] for session in capture.sessions] == ["lun: 0", "lun: 1"]
    assert known(capture) == [["implicit", "selected"]] * 2
    assert capture.problems == () and all(exchange.duration_ns for exchange in capture.exchanges)


def test_other_card_in_the_same_reader_is_another_session() -> None:
    rows = (
        power(1),
        f"Card ATR: {ATRS[0]}",
        CALLS[0],
        lun(1),
        CALLS[1],
        "Card Removed From Some Reader 00 00",
    )
    capture = cardlib.read_text(pcscd("", *rows) + pcscd("", *rows).replace(ATRS[0], ATRS[1]))
    assert told(capture) == [(ATRS[0], 1), (ATRS[1], 1)]


def dump(half: str) -> list[str]:
    """Rows of sixteen bytes, each with its text beside it."""
    rows = [half[at : at + 48].strip() for at in range(0, len(half), 48)]
    texts = [bytes.fromhex(row).decode("latin-1") for row in rows]
    shown = ["".join(char if " " <= char < "\x7f" else "." for char in text) for text in texts]
    return [f"{row:47} {text}" for row, text in zip(rows, shown, strict=True)]


def opensc(who: str, at: int, *halves: str) -> str:
    rows = []
    for number, half in enumerate(halves):
        word, size = ("Incoming" if number % 2 else "Outgoing"), len(half.split())
        rows.append(
            f"{who}15:32:{at + number:02}.500 [pkcs11-tool] reader-pcsc.c:326:pcsc_transmit: "
        )
        rows += [f"{word} APDU ({size} bytes):", *dump(half)]
    return "\n".join(rows) + "\n"


def test_processes_of_opensc_have_a_session_each_and_threads_share_that_of_their_process() -> None:
    first, second, thread = "P:10; T:0x7f01 ", "P:11; T:0x7f01 ", "P:10; T:0x7f02 "
    parts = [
        opensc(first, 1, *SPACED),
        opensc(second, 2, READ, NOT_FOUND),
        opensc(thread, 5, READ, NOT_FOUND),
    ]
    capture = cardlib.read_text("".join(parts))
    assert [(len(s.exchanges), dict(s.meta)) for s in capture.sessions] == [
        (2, {"lane": "P:10"}),
        (1, {"lane": "P:11"}),
    ]
    assert known(capture) == [["assumed", "selected"], ["assumed"]]
    assert capture.problems == () and [e.start_ns for e in capture.exchanges] == [
        0,
        4_000_000_000,
        0,
    ]


def test_card_of_opensc_is_told_by_its_atr() -> None:
    def match(atr: str) -> str:
        line = "P:10; T:0x7f01 15:32:01.400 [pkcs11-tool] card.c:1443:match_atr_table: ATR {}: {}\n"
        return line.format("    ", atr.replace(" ", ":").lower()) * 2 + line.format("try ", "3B:65")

    first, second = (match(atr) + opensc("P:10; T:0x7f01 ", 2, *SPACED) for atr in ATRS)
    capture = cardlib.read_text(first + second)
    assert told(capture) == [(ATRS[0], 1), (ATRS[1], 1)] and capture.problems == ()
    assert known(capture) == [["implicit"], ["implicit"]]


def spied(deep: int, tag: str, reader: str, ask: str, tell: str, took: str) -> str:
    rows = ["SCardConnect", f" i szReader {reader}", " => ok [0.000001000]", "SCardTransmit"]
    for side, name, half in (("i", "Send", ask), ("o", "Recv", tell)):
        size = len(half.split())
        rows += [f" {side} b{name}Length 0x{size:08X} ({size})", f" {side} b{name}Buffer"]
        rows += [f" {side}  {number * 16:04X} {row}" for number, row in enumerate(dump(half))]
    rows += [f" => Command successful. (SCARD_S_SUCCESS [0x00000000])  [{took}]"]
    return "".join(f"{' ' * 4 * deep}{tag}{row}\n" for row in rows)


@pytest.mark.parametrize("tags", [("", ""), (" (t0) ", " (t1) ")])
def test_rendered_spy_tells_threads_by_indentation(tags: tuple[str, str]) -> None:
    one = spied(0, tags[0], "Reader A", *SPACED, "0.025671")
    other = spied(1, tags[1], "Reader B", READ, NOT_FOUND, "0.000500")
    capture = cardlib.read_text(mixed(one, other), "pcsc-spy output")
    assert [(dict(s.meta)["reader"], len(s.exchanges)) for s in capture.sessions] == [
        ("Reader A", 1),
        ("Reader B", 1),
    ]
    found = {e.command.raw.hex(" ").upper(): e.duration_ns for e in capture.exchanges if e.command}
    assert found == {SPACED[0]: 25_671_000, READ: 500_000} and capture.problems == ()


def test_damage_in_one_thread_costs_what_is_known_in_that_thread_only() -> None:
    text = opensc("P:10; T:0x1 ", 1, *SPACED) + opensc("P:11; T:0x1 ", 2, *SPACED)
    bad = "P:10; T:0x1 15:32:08.500 [x] reader-pcsc.c:326:pcsc_transmit: \nIncoming APDU (zz bytes):\n"
    text += (
        bad
        + opensc("P:10; T:0x1 ", 9, READ, NOT_FOUND)
        + opensc("P:11; T:0x1 ", 11, READ, NOT_FOUND)
    )
    assert known(cardlib.read_text(text)) == [["assumed", "unknown"], ["assumed", "selected"]]


def test_sessions_of_threads_survive_being_written(tmp_path: Path) -> None:
    text = mixed(pcscd("[1] ", *CALLS), pcscd("[2] ", *CALLS))
    capture = cardlib.read_text(text)
    cardlib.convert(capture, tmp_path / "out")
    assert told(cardlib.read(tmp_path / "out")) == told(capture) == [("", 2), ("", 2)]


def test_logs_that_are_mixed_in_any_order_lose_no_exchange() -> None:
    for seed in range(50):
        rng = random.Random(seed)
        logs = [pcscd(f"[{n}] ", *CALLS).splitlines(keepends=True) for n in range(4)]
        text = ""
        while any(logs):
            text += rng.choice([log for log in logs if log]).pop(0)
        capture = cardlib.read_text(text)
        assert told(capture) == [("", 2)] * 4 and capture.problems == ()
        firsts = [session.exchanges[0].command for session in capture.sessions]
        assert [command and command.raw.hex().upper() for command in firsts] == [ASK] * 4
        assert known(capture) == [["assumed", "selected"]] * 4
        one = by_name(capture.format)
        assert one and check_format(one, text.encode()) == 8


def test_clocks_of_very_many_threads_are_not_all_kept() -> None:
    times = Times("host", sticky=True, saturated="")
    assert all(times.tick(str(number), {"at_s": str(number)}) for number in range(3000))
    assert (
        len(times.stamps) <= 1001 and times.last("2999") == 2999 * 10**9 and times.last("5") is None
    )
