# SPDX-License-Identifier: MIT
"""The rows of a text format: a rule is a kind of line, with the bytes in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal, cast

from ..core.apdu import LEFT_OUT
from ..core.codec import parse_hex
from ..core.model import FrameKind, Sender, record
from ..core.patterns import lazy
from .clocks import Groups
from .lines import Line
from .numbers import LineBytes, context_note, numbered

Kind = FrameKind | Literal["status", "seen", "bad", "skip", "time", "size", "call"]
# Who sends what in a carrier's frame, perhaps with a remark, or the kind of what is none of the
# card's. None: more of it follows, and is asked for with all that came before. ValueError: damaged.
Unwrapped = tuple[Sender, FrameKind, bytes] | tuple[Sender, FrameKind, bytes, str] | str | None
Unwrap = Callable[[Sender, bytes, bytes], Unwrapped]

_STATUS_SIZE = 2
_KINDS_WITHOUT_FRAMES = ("bad", "skip", "time", "size", "call")


@record
class Rule:
    """A kind of line: who speaks, in what unit, and its pattern, which must match all of it.

    Groups without a name, and `data`, are its bytes in hex, in that order; then come `sw1`, `sw2`.
    Other names of groups:

        answer        bytes of a second frame, of the card
        cla, ins, p1, p2, p3      numbers, decimal or 0x: the header in front of `data`
        status1, status2          the same: the status word
        whole         how many bytes the half has; those that do not stand here were left out
        file, path    identifier (a number) and path (hex) of the file that is meant
        aid           the application that is meant
        channel       the logical channel, or the handle of a session
        asked, granted, closed    what happens to a channel; the bytes of the first are the AID
        size, digits  how many bytes, or hex digits, `data` must have, or all bytes
        note          a remark on the frame
        cut           what stands in the place of bytes that are left out here
        hidden        the same, in a log that shows such bytes nowhere
        reader        a session begins, with this reader
        who           the thread
        lane          what this thread speaks to
        at_UNIT       a stamp
        end_UNIT      a stamp of the end
        plus_UNIT     the time since the last line
        untimed       no line has a time

    With `rows` the bytes follow in rows of a hex dump. Kinds beside those of frames:

        skip          no traffic, whatever it looks like
        bad           damaged
        time, size    only these groups count; a size is that of the next rows
        status        an ATR that may have been logged before
        seen          an ATR that counts where the log holds no other frame
        call          what follows is traffic if the sender is reader, an ATR if card, else nothing

    The sender `both` is the reader first in a call, then the card. A rule with a level counts only
    where that level is read; see TextFormat.
    """

    sender: Sender
    kind: Kind
    pattern: re.Pattern[str]
    rows: bool = False
    level: int = 0

    def gives_frames(self, level: int) -> bool:
        """Whether a line of this kind holds frames, where this level is read."""
        return self.kind not in _KINDS_WITHOUT_FRAMES and self.level in (0, level)

    def frame_kind(self) -> FrameKind:
        """The kind of its frames."""
        if self.kind in ("status", "seen"):
            return "atr"
        return cast(FrameKind, self.kind)


@record
class ParsedLine:
    """A line taken apart: its prefix, what stands behind it, its rule and what that matched."""

    prefix: re.Match[str] | None
    body: str
    rule: Rule | None
    match: re.Match[str] | None

    def groups(self) -> Groups:
        """What prefix and rule matched, by name."""
        groups: Groups = {}
        if self.prefix:
            groups = self.prefix.groupdict()
        if self.match and self.match.re.groupindex:
            groups |= self.match.groupdict()
        return groups


def rule(sender: Sender, kind: Kind, pattern: str, *, rows: bool = False, level: int = 0) -> Rule:
    """A Rule: a row of a table. Its pattern is compiled where a text may have such a line."""
    return Rule(sender, kind, lazy(pattern), rows, level)


_NOT_HEX = LineBytes()


def bytes_of(match: re.Match[str], groups: Groups, marks: re.Pattern[str] | None) -> LineBytes:
    """The bytes in the groups of a match; `groups` are also those of the prefix."""
    text = " ".join(match[group] or "" for group in _byte_groups(match.re)).replace(":", " ")
    if marks:
        text = marks.sub("", text)
    data = parse_hex(text)
    if not match.re.groupindex:
        return LineBytes(data)
    if data is not None and (groups.get("ins") or groups.get("status1")):
        return numbered(groups, data)
    body = parse_hex(groups.get("data") or "")
    if data is None or body is None:
        return _NOT_HEX
    status_word = _status_word(groups)
    answer: bytes | None = None
    answer_digits = groups.get("answer")
    if answer_digits is not None:
        answer = parse_hex(answer_digits + status_word)
        if answer is None:
            return _NOT_HEX
    counted = data
    if "data" in groups:
        counted = body
    fault = _wrong_size(groups, len(counted))
    if fault:
        return LineBytes(data, fault=fault)
    if answer is not None:
        return LineBytes(data, answer)
    return LineBytes(data + (parse_hex(status_word) or b""))


def note_of(groups: Groups, missing: str = "") -> str:
    """The remark on the frame of a line; `missing` says that bytes were left out."""
    whole = groups.get("whole")
    if groups.get("cut") or groups.get("hidden"):
        missing = LEFT_OUT
    elif whole is not None and int(whole) > _STATUS_SIZE:
        missing = f"{LEFT_OUT} ({int(whole) - _STATUS_SIZE} bytes)"
    remark = groups.get("note") or context_note(groups)
    return ", ".join(filter(None, (remark, missing)))


def _status_word(groups: Groups) -> str:
    """The digits of SW1 and SW2, which may stand without leading zeros."""
    digits = ""
    for name in ("sw1", "sw2"):
        value = groups.get(name)
        if value:
            digits += value.zfill(2)
    return digits


def _wrong_size(groups: Groups, size: int) -> str:
    for name, actual in (("size", size), ("digits", 2 * size)):
        announced = groups.get(name)
        if announced is not None and int(announced) != actual:
            return f"{name} is {int(announced)}, {actual} follow"
    return ""


@lru_cache(maxsize=1024)
def _byte_groups(pattern: re.Pattern[str]) -> tuple[int, ...]:
    """The groups that hold bytes of a frame: those without a name, and `data`."""
    named = set(pattern.groupindex.values()) - {pattern.groupindex.get("data")}
    return tuple(group for group in range(1, pattern.groups + 1) if group not in named)


@lru_cache(maxsize=1024)
def unnamed_group(pattern: re.Pattern[str]) -> int | None:
    """The first group without a name, if there is one."""
    for group in range(1, pattern.groups + 1):
        if group not in pattern.groupindex.values():
            return group
    return None


def answer_start(line: Line, match: re.Match[str]) -> int | None:
    """Where the answer begins in a line that holds both: with its status word.

    None: with two bytes a character, it is somewhere in the line.
    """
    place = line.raw.find(f":{match['sw1']}{match['sw2']}:".encode())
    if place > 0:
        return line.start + place
    return None
