# SPDX-License-Identifier: MIT
"""Prefixes of loggers whose numbers are known without counting lines."""

from __future__ import annotations

import re
from typing import Literal

from ...core.model import record

Role = Literal["stamp", "tick", "offset", "epoch", "delta", "column", "counter"]


@record
class Logger:
    """A prefix; its group `number` holds what the role says, in a unit of so many nanoseconds."""

    name: str
    pattern: re.Pattern[str]
    role: Role
    unit: int = 0


_ANDROID_TIME = r"(?:\d{4}-)?\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} {1,4}"

LOGGERS = (
    Logger(  # ESP-IDF, esp_log.h: LOG_FORMAT
        "ESP-IDF", re.compile(r"[EWIDV] \((?P<number>\d{1,12})\) [\w.-]{1,60}:"), "tick", 10**6
    ),
    Logger(
        "Flipper", re.compile(r"(?P<number>\d{1,12}) \[[EWIDT]\]\[[\w ]{1,60}\] "), "tick", 10**6
    ),
    Logger("dmesg", re.compile(r"\[ {0,5}(?P<number>\d{1,7}\.\d{6})\] "), "offset", 10**9),
    Logger(  # pcsc-lite, debuglog.c
        "pcscd",
        re.compile(r"(?P<number>\d{8}) (?:\[\d{1,20}\] )?(?:APDU:|SW:|\w[\w.-]{0,60}\.c:\d{1,6}:)"),
        "delta",
        1000,
    ),
    Logger("logcat", re.compile(r"[VDIWEF]/[^(\n]{1,80}\( {0,8}(?P<number>\d{1,6})\): "), "column"),
    Logger(
        "logcat",
        re.compile(rf"{_ANDROID_TIME}(?P<number>\d{{1,6}}) {{1,5}}\d{{1,6}} [VDIWEF] "),
        "column",
    ),
    Logger(
        "logcat",
        re.compile(rf"{_ANDROID_TIME}\d{{1,6}} {{1,5}}(?P<number>\d{{1,6}}) [VDIWEF] "),
        "column",
    ),
    Logger(
        "Android Studio",
        re.compile(rf"{_ANDROID_TIME}(?P<number>\d{{1,6}})-\d{{1,6}}(?:/| )"),
        "column",
    ),
    Logger(
        "Android Studio",
        re.compile(rf"{_ANDROID_TIME}\d{{1,6}}-(?P<number>\d{{1,6}})(?:/| )"),
        "column",
    ),
    Logger(  # RFC 3164, 4.1.3
        "syslog",
        re.compile(
            r"(?:\w{3} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[^ ]{8,40}) \S{1,80} [\w./@-]{1,60}"
            r"\[(?P<number>\d{1,8})\]: "
        ),
        "column",
    ),
    Logger(
        "glog",
        re.compile(
            r"[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{6} {1,8}(?P<number>\d{1,8}) \S{1,60}:\d{1,6}\] "
        ),
        "column",
    ),
)


def logger_numbers(text: str) -> list[tuple[int, Logger]]:
    """Where numbers of loggers' prefixes stand in a line."""
    numbers = []
    indent = len(text) - len(text.lstrip(" \t"))
    for logger in LOGGERS:
        match = logger.pattern.match(text, indent)
        if match is not None:
            numbers.append((match.start("number"), logger))
    return numbers
