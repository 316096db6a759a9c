# SPDX-License-Identifier: MIT
"""What stands at each place of the lines of a file: a stamp, a column, or what may be bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from .evidence import (
    FEW,
    FRONTS,
    Head,
    Judged,
    Seen,
    follow,
    head_of,
    number_resolution,
    resolution_text,
    where,
)
from .growth import never_falls
from .loggers import Logger, logger_numbers
from .numbers import judge_numbers
from .prefixes import PIECES, Scanner, comma_separates, following
from .stamps import (
    STAMPS,
    TIME_OF_DAY,
    is_unpadded,
)

_MAX_COLUMNS = 40
_BYTE_LIKE = "hNFPx"
_LONGEST_BYTE = 3  # digits: hex, or decimal
_LEAST_LONG = 6
_LONG_NUMBER = rf"(\d{{{_LEAST_LONG},20}})(?!\w|\.\d)"
_NAMES = {
    "U": "identifier", "V": "version or address", "s": "source line",
    "S": "source line", "P": "pointer", "N": "number",
}  # fmt: skip


Logged = dict[tuple[str, str], list[tuple[Seen, Logger]]]


def judge(texts: Sequence[str]) -> list[Judged]:
    """The places of stamps and columns in the lines of a head."""
    lines = [text for text in texts if text.strip()]
    scanner = Scanner(comma_separates(lines))
    places: dict[str, list[Seen]] = {}
    logged: Logged = {}
    for line in lines:
        tokens = scanner.tokens(line)
        numbers = dict(logger_numbers(line))
        for index, token in enumerate(tokens):
            if token.sort not in "hxTUPVFGNMsS":
                continue
            text = line[token.start : token.stop]
            seen = Seen(token, text, line, following(line, tokens, index))
            places.setdefault(token.place, []).append(seen)
            if token.start in numbers:
                of_place = logged.setdefault((token.place, token.sort), [])
                of_place.append((seen, numbers[token.start]))
    head = head_of(lines, scanner.comma_separates)
    judged: list[Judged] = []
    for place in sorted(places, key=len):
        judged += _judge_place(place, places[place], logged, head)
        if len(judged) >= _MAX_COLUMNS:
            break
    return judged[:_MAX_COLUMNS]


def _judge_place(
    place: str,
    all_seen: list[Seen],
    logged: Logged,
    head: Head,
) -> list[Judged]:
    """All that is sure of one place, by the sorts that stand there."""
    judged: list[Judged] = []
    sorts: dict[str, list[Seen]] = {}
    for seen in all_seen:
        sorts.setdefault(seen.token.sort, []).append(seen)
    mixed = sum(len(sorts.get(sort, ())) for sort in _BYTE_LIKE)
    for sort, group in sorts.items():
        loggers = logged.get((place, sort), [])
        if sort == "T":
            judged += _judge_stamps(place, group, mixed, head)
        elif sort in "UVsS":
            judged += _judge_plain(place, sort, group, head)
        elif sort == "P":
            judged += _judge_pointers(place, group)
        elif loggers and len(loggers) * 2 >= len(group):
            # Only lines that begin like the logger's: others may begin with bytes.
            of_logger = [seen for seen, _ in loggers]
            judged.append(_of_logger(place, sort, of_logger, loggers[0][1]))
        elif sort in "FGNM":
            is_alone = len(group) == mixed or sort in "GM"
            numbers = judge_numbers(place, sort, group, is_alone, head)
            judged += numbers or _judge_beside_pairs(place, sort, sorts, head)
    return judged


def _judge_beside_pairs(
    place: str, sort: str, sorts: dict[str, list[Seen]], head: Head
) -> list[Judged]:
    """What long numbers are, if all others at their place are single bytes: rows that have no stamp."""
    long_numbers: list[Seen] = []
    for byte_like in _BYTE_LIKE:
        for seen in sorts.get(byte_like, ()):
            if byte_like == sort and (sort == "F" or len(seen.text) >= _LEAST_LONG):
                long_numbers.append(seen)
            elif len(seen.text) > _LONGEST_BYTE:
                return []
    if len(long_numbers) < FEW:
        return []
    judged = judge_numbers(place, sort, long_numbers, True, head)
    if sort == "N":
        judged = [replace(number, pattern=_LONG_NUMBER) for number in judged]
    return judged


def _judge_stamps(place: str, group: list[Seen], mixed: int, head: Head) -> list[Judged]:
    judged = []
    kinds: dict[int, list[Seen]] = {}
    for seen in group:
        if seen.token.written is not None:
            kinds.setdefault(seen.token.written.stamp, []).append(seen)
    for index, stamps in kinds.items():
        if index == TIME_OF_DAY and not _is_time(place, stamps, mixed, head):
            continue
        fractions = [seen.token.written.fraction for seen in stamps if seen.token.written]
        unpadded = is_unpadded(fractions)
        digits = max(map(len, fractions))
        resolution = 10 ** (9 - digits)
        if unpadded:
            resolution = 10**6
        base = "time"
        if STAMPS[index].is_dated:
            base = "dated"
        phrase = f"{STAMPS[index].name}, {resolution_text(resolution)}{where(place)}"
        pattern = STAMPS[index].pattern(head.comma_separates)
        judged.append(
            Judged(
                place,
                "T",
                pattern,
                "stamp",
                phrase,
                stamp=index,
                unpadded=unpadded,
                base=base,
                resolution_ns=resolution,
                lines=len(stamps),
            )
        )
    return judged


def _is_time(place: str, stamps: list[Seen], mixed: int, head: Head) -> bool:
    """Whether hh:mm:ss is a time of day here, and no hex joined by colons."""
    written = [seen.token.written for seen in stamps if seen.token.written]
    if all(len(stamp.fraction) >= 3 for stamp in written):
        return True
    if not all(seen.rest.strip(" \t\"'])}|,;:") for seen in stamps) or mixed:
        return False
    if place.endswith("[") or not head.colon_hex:
        return place.strip() in FRONTS or len(stamps) >= FEW
    if len(stamps) < FEW:
        return False
    times = [_seconds(stamp.moment) for stamp in written]
    return never_falls(times) or len(set(times)) == 1


def _seconds(moment: str) -> int:
    hour, minute, second = map(int, moment.split(":"))
    return hour * 3600 + minute * 60 + second


def _judge_plain(place: str, sort: str, group: list[Seen], head: Head) -> list[Judged]:
    if sort == "V" and head.dotted_hex:
        return []
    phrase = f"{_NAMES[sort]}{where(place)}"
    return [Judged(place, sort, PIECES[sort], "column", phrase, lines=len(group))]


_USER_SPACE = re.compile(r"0[xX](?:7[fF]|5[56])[0-9A-Fa-f]{10}")  # where Linux maps a process


def _judge_pointers(place: str, group: list[Seen]) -> list[Judged]:
    texts = [seen.text for seen in group]
    is_followed = all(seen.rest.strip() for seen in group)
    is_constant = len(set(texts)) == 1 and len(texts) >= FEW and is_followed
    is_mapped = all(map(_USER_SPACE.fullmatch, texts)) and (is_followed or place.strip())
    if not is_constant and not is_mapped:
        return []
    pattern = PIECES["P"]
    if is_constant:
        pattern = rf"({re.escape(texts[0])})(?!\w)"
    return [Judged(place, "P", pattern, "column", f"pointer{where(place)}", lines=len(texts))]


def _of_logger(place: str, sort: str, group: list[Seen], logger: Logger) -> Judged:
    phrase = f"thread or process{where(place)}"
    base = ""
    resolution = 0
    if logger.role != "column":
        base = logger.role
        resolution = number_resolution(group, logger.unit)
        phrase = f"{logger.role} of {logger.name}, {resolution_text(resolution)}{where(place)}"
    return Judged(
        place, sort, PIECES[sort], logger.role, phrase, follow(group),
        unit=logger.unit, base=base, resolution_ns=resolution, lines=len(group),
    )  # fmt: skip
