# SPDX-License-Identifier: MIT
"""Logs of programs for security keys, in Java and in Dart: damage first, then forms, then what is left out."""

from __future__ import annotations

import pytest
from test_formats_logs_telecom import faults, halves

import cardlib
from cardlib.core.apdu import LEFT_OUT

SELECT = "00A4040008A0000006472F0001"
NAME = "4649444F5F325F30"

WRONG = {
    "a length in parentheses": f"SEND: {SELECT.lower()}\nRECV: 9 ({NAME}) SW=9000\n",
    "a length of libfido2": f"fido_nfc_write: writing: buf=0x7f, len=14\n0000: {SELECT}\n",
    "an event of Windows": f"Request: 14 bytes\n0x{SELECT}\n\nApdu Status: 0x9000\n",
    "dmrtd": f"icc FINE: Sending 14 byte(s) to ICC: data='{SELECT}'\n"
    "icc FINE: Received 2 byte(s) from ICC\nicc FINE:  data='9000'\n",
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_length_is_a_problem(name: str) -> None:
    capture = cardlib.read_text(WRONG[name])
    assert capture.problems and capture.problems[0].gap
    assert all("" in pair for pair in halves(capture))


def test_an_answer_that_the_log_of_dmrtd_lacks_is_told() -> None:
    log = "icc FINE: Sending 4 byte(s) to ICC: data='00a40000'\nicc FINE: Received 2 byte(s) from ICC\n"
    capture = cardlib.read_text(log + log.replace("00a40000", "00a40001"))
    assert halves(capture) == [("00A40000", ""), ("00A40001", "")]
    detail = "2 bytes are announced, 0 can be read"
    assert faults(capture) == [("unreadable block", row, detail) for row in (2, 4)]


def test_what_secure_messaging_opened_is_no_answer() -> None:
    log = "icc FINE: Sending 5 byte(s) to ICC: data='0cb0000000'\n"
    log += "icc FINE: Received 4 byte(s) from ICC\nicc FINE:  data='01029000'\n"
    log += "icc FINE: Received response from ICC: sw=9000 data_len=2\nicc FINE:  data=0304\n"
    capture = cardlib.read_text(log)
    assert halves(capture) == [("0CB0000000", "01029000")] and capture.problems == ()


FORMS = {
    "ykman 4": f"2026-07-11T11:53:46+0200 DEBUG [ykman.pcsc.send_and_receive:118] SEND: {SELECT}\n"
    f"2026-07-11T11:53:48+0200 DEBUG [ykman.pcsc.send_and_receive:120] RECV: {NAME} SW=9000\n",
    "python-fido2": f"SEND: {SELECT}\nRECV: 8 ({NAME}) SW=9000\n",
    "hwsecurity in logcat": f"11-30 10:00:00.001  902  905 D NfcTransport: NFC out: {SELECT}\n"
    f"11-30 10:00:02.001  902  905 D NfcTransport: NFC  in: {NAME}9000 ResponseApdu{{data={NAME}, "
    "sw1=90, sw2=0}\n",
    "hwsecurity alone": f"NFC out: {SELECT}\nNFC  in: {NAME}9000\nNFC communication took 21ms\n",
    "libfido2 without where it came": f"fido_nfc_write: writing: buf=0x7ffc, len=13\n0000: {SELECT}\n"
    f"fido_nfc_read: reading: buf=0x55d0, len=10\n0000: {NAME}9000\n",
    "Windows with CR LF": f"Request: 13 bytes\r\n0x{SELECT}\r\n\r\nResponse data: 8 bytes\r\n0x{NAME}"
    "\r\n\r\nApdu Status: 0x9000\r\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_forms(form: str) -> None:
    text = FORMS[form].replace(SELECT, SELECT.lower()).replace(NAME, NAME.lower())
    for log in (FORMS[form], text):
        if "fido_nfc" in log:  # which prints bytes apart, in small letters
            log = text.replace(
                SELECT.lower(), " ".join(SELECT[i : i + 2].lower() for i in range(0, 26, 2))
            )
        capture = cardlib.read_text(log)
        assert halves(capture) == [(SELECT, f"{NAME}9000")] and capture.problems == ()


def test_durations_stand_where_both_ends_are_stamped() -> None:
    durations = {
        form: cardlib.read_text(FORMS[form]).exchanges[0].duration_ns
        for form in ("ykman 4", "hwsecurity in logcat", "python-fido2", "hwsecurity alone")
    }
    two_seconds = 2_000_000_000
    assert list(durations.values()) == [two_seconds, two_seconds, None, None]


def test_an_answer_that_libfido2_prints_twice_counts_once() -> None:
    where_it_came = "fido_pcsc_write: read: buf=0x5e, len=2\n0000: 6a 82\n"
    log = "fido_pcsc_write: writing: buf=0x7f, len=5\n0000: 00 84 00 00 08\n" + where_it_came
    log += where_it_came.replace("fido_pcsc_write: read", "fido_pcsc_read: reading")
    assert halves(cardlib.read_text(log * 2)) == [("0084000008", "6A82")] * 2


def test_events_of_windows_name_their_reader() -> None:
    event = "Reader: Reader {}\n\nRequest: 5 bytes\n0x0084000008\n\nApdu Status: 0x6A82\n\n"
    capture = cardlib.read_text(event.format(1) * 2 + event.format(2))
    assert [dict(session.meta)["reader"] for session in capture.sessions] == [
        "Reader 1",
        "Reader 2",
    ]
    assert [len(session.exchanges) for session in capture.sessions] == [2, 1]


HIDDEN = [
    ("CommandAPDU: 00 20 00 80 00\nResponseAPDU: 2 bytes, SW=63c5\n", ("0020008000", "63C5"), ""),
    (
        "[main] INFO Card - CommandAPDU: 0084000008\n[main] INFO Card - ResponseAPDU: 10 bytes, SW=9000\n",
        ("0084000008", "9000"),
        f"{LEFT_OUT} (8 bytes)",
    ),
    (
        "CommmandAPDU: 14 bytes, nc=8, ne=256\nResponseAPDU: 3 bytes, SW=9000\n",
        ("", "9000"),
        f"{LEFT_OUT} (1 bytes)",
    ),
]


@pytest.mark.parametrize(("log", "pair", "error"), HIDDEN)
def test_java_says_how_many_bytes_and_not_which(
    log: str, pair: tuple[str, str], error: str
) -> None:
    capture = cardlib.read_text(log)
    [exchange] = capture.exchanges
    assert halves(capture) == [pair] and capture.problems == ()
    assert exchange.response and (exchange.response.error, exchange.response.data) == (error, b"")
