# SPDX-License-Identifier: MIT
"""Prefixes of loggers: lines that only look like one first."""

from __future__ import annotations

import pytest
from regex_growth import verdict

from cardlib.formats.text.loggers import LOGGERS, logger_numbers

NO_LOGGER = [
    "",
    "00 A4 04 00",
    "00001250 00 A4 04 00",  # eight digits before bytes are no time of pcscd
    "00001250 00A4:",
    "0000125 APDU: 00 A4",
    "I (12) 00 A4",
    "X (12) apdu: 00",
    "I(12) apdu: 00",
    "123 [Q][Reader] x",
    "123 [D] x",
    "[12.345] usb: x",
    "[12345678.123456] usb: x",
    "Nov 30 12:00:00 host pcscd: x",
    "11-30 12:00:00 1 2 D x",
    "I (1234567890123) apdu: 00",
]


@pytest.mark.parametrize("text", NO_LOGGER)
def test_no_logger(text: str) -> None:
    assert logger_numbers(text) == []


LINES = [  # a line; name, number, role and unit of each
    ("I (12345) apdu: 00A4", [("ESP-IDF", "12345", "tick", 10**6)]),
    ("W (1) wifi.task-2: x", [("ESP-IDF", "1", "tick", 10**6)]),
    ("82691691 [D][Reader] NFC x", [("Flipper", "82691691", "tick", 10**6)]),
    ("[   12.345678] usb: 00A4", [("dmesg", "12.345678", "offset", 10**9)]),
    ("[12345.345678] usb: 00A4", [("dmesg", "12345.345678", "offset", 10**9)]),
    ("00001250 APDU: 00 A4", [("pcscd", "00001250", "delta", 1000)]),
    ("00001250 [140123] SW: 90 00", [("pcscd", "00001250", "delta", 1000)]),
    ("00001250 ifdhandler.c:42:IFDH() x", [("pcscd", "00001250", "delta", 1000)]),
    ("D/EmvReader( 1234): --> 00A4", [("logcat", "1234", "column", 0)]),
    (
        "11-30 12:00:00.024 12345 12367 D EmvReader: --> 00A4",
        [("logcat", "12345", "column", 0), ("logcat", "12367", "column", 0)],
    ),
    (
        "2026-11-30 12:00:00.123 1234-5678/com.example D/EMV: x",
        [("Android Studio", "1234", "column", 0), ("Android Studio", "5678", "column", 0)],
    ),
    ("Nov 30 12:00:00 host pcscd[12]: x", [("syslog", "12", "column", 0)]),
    ("2026-11-30T12:00:00+0100 host a-b[12]: x", [("syslog", "12", "column", 0)]),
    ("I1130 12:00:00.000123  1234 reader.cc:12] x", [("glog", "1234", "column", 0)]),
]


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_numbers_of_loggers(line: str, expected: list[tuple[str, str, str, int]]) -> None:
    numbers = logger_numbers(line)
    assert [(logger.name, logger.role, logger.unit) for _, logger in numbers] == [
        (name, role, unit) for name, _, role, unit in expected
    ]
    for (start, _), (_, number, _, _) in zip(numbers, expected, strict=True):
        assert line[start : start + len(number)] == number


@pytest.mark.parametrize("logger", LOGGERS, ids=lambda logger: f"{logger.name} {logger.role}")
def test_patterns_are_linear(logger: object) -> None:
    assert verdict(logger.pattern, "match") == "linear"  # type: ignore[attr-defined]
