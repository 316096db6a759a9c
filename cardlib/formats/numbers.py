# SPDX-License-Identifier: MIT
"""Commands and status words that a log writes as numbers, with what it says beside them.

A modem takes the fields of a command one by one, without a class byte, and with the file that it
selects by itself (3GPP TS 27.007, 8.18, Restricted SIM access +CRSM). What the log says of the file
and the application goes into the note of the frame; `notices` makes events of it.
"""

from __future__ import annotations

from ..core.apdu import LEFT_OUT
from ..core.codec import to_hex
from ..core.facts import instruction_case
from ..core.model import ANY_CARD, record
from .clocks import Groups

# Notes of events, by the name of the group in a rule.
EVENTS = {
    "asked": "a channel is asked for",  # its bytes are the AID
    "granted": "a channel is granted",
    "closed": "a channel is given up",
}
_UICC_CLASS = 0  # stands where a log has no class byte (TS 102 221, 10.1.1)
_HEADER = ("cla", "ins", "p1", "p2", "p3")
_STATUS = ("status1", "status2")
_NOTES = ("channel", "aid", "file")  # in this order


@record
class LineBytes:
    """The bytes in a line, those of the answer if it holds both, and what is wrong with them."""

    data: bytes | None = None  # None: not hex
    answer: bytes | None = None
    fault: str = ""
    note: str = ""  # some were left out


def number(text: str) -> int:
    """A decimal number, or a hexadecimal one behind 0x."""
    if text[:2].lower() == "0x":
        return int(text, 16)
    return int(text)


def numbered(groups: Groups, data: bytes) -> LineBytes:
    """A command whose header, or an answer whose status word, are numbers."""
    names: tuple[str, ...] = _STATUS
    if groups.get("ins"):
        names = _HEADER
    values = {}
    for name in names:
        text = groups.get(name)
        if text:
            values[name] = number(text)
    for name, value in values.items():
        if value > 0xFF:
            return LineBytes(data, fault=f"{name} is {value}, no byte")
    if names is _STATUS:
        status_word = bytes((values.get("status1", 0), values.get("status2", 0)))
        return LineBytes(data + status_word)
    return _command(values, data)


def _command(values: dict[str, int], data: bytes) -> LineBytes:
    """A command by the numbers of its header; P3 counts the data of either side."""
    cla = values.get("cla", _UICC_CLASS)
    header = bytes((cla, values["ins"], values.get("p1", 0), values.get("p2", 0)))
    p3 = values.get("p3")
    if data:
        if p3 is not None and p3 != len(data):
            return LineBytes(data, fault=f"P3 is {p3}, {len(data)} bytes follow")
        return LineBytes(header + bytes((len(data) & 0xFF,)) + data)
    if p3 is None:
        return LineBytes(header)
    if p3 and instruction_case(cla, values["ins"], ANY_CARD, "telecom") in (3, 4):
        return LineBytes(header, note=f"{LEFT_OUT} ({p3} bytes)")
    return LineBytes(header + bytes((p3,)))


def context_note(groups: Groups) -> str:
    """The note of a line: what happens to a channel, and which application and file it names."""
    words = [note for name, note in EVENTS.items() if groups.get(name)]
    for name in _NOTES:
        value = groups.get(name)
        if value:
            words.append(f"{name} {_place(name, value, groups)}")
    return ", ".join(words)


def _place(name: str, value: str, groups: Groups) -> str:
    """What a note says: a file with its path, an AID in capitals."""
    if name == "file":
        identifier = to_hex(min(number(value), 0xFFFF).to_bytes(2))
        path = (groups.get("path") or "").upper()
        if len(path) % 4:
            path = ""
        return path + identifier
    return value.upper()
