# SPDX-License-Identifier: MIT
"""What the formats of radio captures share: frames get their name, their CRC is checked, activations are sessions.

Names and check sums: ISO/IEC 14443-3 (A, B), JIS X 6319-4 (F), ISO/IEC 15693-3 (V), data sheets of NXP for MIFARE;
P is PicoPass (iCLASS), whose check sum was found to fit in real captures.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Iterator
from functools import reduce
from operator import xor

from ..core.blocks import CRC_A, CRC_B, MIRROR, NO_CRC, radio_block
from ..core.codec import to_hex
from ..core.model import Clock, Frame, FrameKind, Problem, Sender, Session

Item = Frame | Session | Problem

WRONG_CRC = "wrong CRC"
_CRC = {"A": CRC_A, "B": CRC_B, "V": CRC_B, "P": (0x4807, 0)}

# How a request begins, its size with CRC (0: any), its name, that of its answer; which of them carry a CRC.
_Row = tuple[str, int, str, str, str]
_A: tuple[_Row, ...] = (
    ("26", 1, "REQA", "ATQA", "--"),
    ("52", 1, "WUPA", "ATQA", "--"),
    *((f"{code}70", 9, f"SELECT CL{level}", "SAK", "++") for level, code in enumerate((93, 95, 97), 1)),
    *((f"{code}", 0, f"anticollision CL{level}", f"UID CL{level}", "--") for level, code in enumerate((93, 95, 97), 1)),
    ("5000", 4, "HLTA", "", "++"),
    ("E0", 4, "RATS", "ATS", "++"),
    ("D", 5, "PPS", "PPS answer", "++"),
    ("D", 4, "PPS", "PPS answer", "++"),
    ("6A", 0, "enhanced contactless polling", "", "++"),
    ("60", 4, "MIFARE Classic authentication, key A", "nonce", "+-"),
    ("61", 4, "MIFARE Classic authentication, key B", "nonce", "+-"),
    ("60", 3, "GET_VERSION", "version", "++"),
    ("30", 4, "READ", "four pages", "++"),
    ("3A", 5, "FAST_READ", "pages", "++"),
    ("A2", 8, "WRITE", "", "++"),
    ("39", 4, "READ_CNT", "counter", "++"),
    ("3C", 4, "READ_SIG", "signature", "++"),
    ("1B", 7, "PWD_AUTH", "PACK", "++"),
    ("1A", 4, "AUTHENTICATE", "AUTHENTICATE answer", "++"),
    ("AF", 19, "AUTHENTICATE, second part", "AUTHENTICATE answer", "++"),
)
_B: tuple[_Row, ...] = (
    ("05", 5, "REQB or WUPB", "ATQB", "++"),
    ("1D", 0, "ATTRIB", "answer to ATTRIB", "++"),
    ("50", 7, "HLTB", "answer to HLTB", "++"),
)
_F: tuple[_Row, ...] = (
    ("0600", 8, "polling", "answer to polling", "++"),
    *(
        (f"..{code}", 0, name, f"answer to {name}", "++")
        for code, name in (("04", "Request Response"), ("06", "Read Without Encryption"), ("08", "Write"))
    ),
)
_V: tuple[_Row, ...] = tuple(
    (f"..{code}", 0, name, f"answer to {name}", "++")
    for code, name in (
        ("01", "inventory"),
        ("02", "stay quiet"),
        ("20", "read single block"),
        ("21", "write single block"),
        ("22", "lock block"),
        ("23", "read multiple blocks"),
        ("25", "select"),
        ("26", "reset to ready"),
        ("2B", "get system information"),
        ("2C", "get multiple block security status"),
    )
)
_P: tuple[_Row, ...] = (
    ("0A", 1, "ACTALL", "start of frame", "--"),
    ("0C", 1, "IDENTIFY", "anticollision number", "-+"),
    ("81", 9, "SELECT", "serial number", "-+"),
    ("0C", 4, "READ", "block", "++"),
    ("06", 4, "READ4", "four blocks", "++"),
    ("88", 2, "READCHECK", "block", "--"),
    ("05", 9, "CHECK", "answer to CHECK", "--"),
    ("87", 14, "UPDATE", "block", "-+"),
    ("00", 1, "HALT", "", "--"),
)
_ROWS = {"A": _A, "B": _B, "F": _F, "V": _V, "P": _P}
_POLLS = frozenset(("REQA", "WUPA", "REQB or WUPB", "polling", "inventory", "ACTALL"))
_ACTIVATION = ("anticollision", "SELECT CL", "HLT", "enhanced")


def crc_fits(technology: str, data: bytes) -> bool:
    """Whether the last two bytes are the check sum of the others."""
    if technology == "F":
        return len(data) > 2 and data[0] == len(data) - 2 and crc_hqx(data, 0) == 0
    first, last = _CRC[technology]
    return len(data) > 2 and crc_hqx(data.translate(MIRROR), first) == last


def crc_of(technology: str, data: bytes) -> bytes:
    """The check sum that belongs behind these bytes."""
    if technology == "F":
        return crc_hqx(data, 0).to_bytes(2, "big")
    first, last = _CRC[technology]
    value = crc_hqx(data.translate(MIRROR), first) ^ (0xFFFF if last else 0)
    return value.to_bytes(2, "big").translate(MIRROR)


def technology_of(sender: Sender, data: bytes, before: str) -> str:
    """The technology of a frame whose capture does not say: told by how activation begins, then by check sums."""
    if sender == "reader" and len(data) == 1:
        return {b"\x26": "A", b"\x52": "A", b"\x0a": "P", b"\x0c": "P"}.get(data, before)
    if before == "P" or not data.strip(b"\xff"):
        return before
    if crc_fits("A", data) or not crc_fits("B", data):
        return "A" if crc_fits("A", data) else before
    return "B" if data[0] in (0x05, 0x1D) or before == "B" else "V"


class Radio:
    """Goes along with the frames of one capture: what was activated, what is encrypted, which answer is awaited."""

    def __init__(self, clock: Clock, resolution: str = "") -> None:
        self.clock, self.resolution = clock, resolution
        self.technology = "A"
        self.request: _Row | None = None
        self.new, self.used = True, False  # a session is due; this one has come further than activation
        self.blocks = (
            False  # the card speaks ISO/IEC 14443-4: a frame is rather a block than a command of a memory card
        )
        self.encrypted = False
        self.uid = b""

    def take(self, frame: Frame, technology: str = "", crc: bool = True, fault: str = "") -> Iterator[Item]:
        """The frame with its name, before it a Session where one begins and Problems; `fault`: what is wrong with it.

        `crc` is False where the capture left the CRC out, `technology` empty where it does not say.
        """
        self.technology = technology or technology_of(frame.sender, frame.data, self.technology)
        self.encrypted = self.encrypted and not crc_fits(self.technology, frame.data)
        name, kind, has_crc = self._name(frame, crc)
        if self.new:
            meta = (("resolution", self.resolution),) if self.resolution else ()
            yield Session(0, None, "contactless", self.clock, meta=meta)
            self.new = False
        notes = [name or "no name known", *([] if crc or not has_crc else [NO_CRC])]
        if has_crc and crc and not self.encrypted and not crc_fits(self.technology, self._summed(frame)):
            fault, kind = f"{WRONG_CRC}{'; ' if fault else ''}{fault}", "rf"
            self.request = None  # nobody knows what was asked for
        elif name.startswith("UID CL") and (len(frame.data) != 5 or reduce(xor, frame.data)):
            fault = fault or "the check byte of the UID is wrong"
        if fault and not self.encrypted:
            detail = f"{name or 'frame'} of {len(frame.data)} bytes, technology {self.technology}: {fault}"
            yield Problem("damaged frame", detail, frame.unit, frame.start, frame.stop, frame.data[:256], kind == "rf")
            notes.append(fault)
        notes += [frame.note] if frame.note else []
        place = frame.unit, frame.start, frame.stop
        yield Frame(frame.index, frame.time_ns, frame.sender, kind, frame.data, *place, "; ".join(notes), frame.end_ns)

    def field_off(self) -> None:
        """The reader switched its field off: the next frame begins a session."""
        self.new, self.used, self.blocks, self.encrypted = self.new or self.used, False, False, False

    def _summed(self, frame: Frame) -> bytes:
        return frame.data[1:] if self.technology == "P" and frame.sender == "reader" else frame.data

    def _name(self, frame: Frame, crc: bool) -> tuple[str, FrameKind, bool]:
        """Name, kind, and whether it should end in a CRC."""
        if frame.sender == "reader":
            return self._reader(frame.data, crc)
        return self._card(frame.data, crc) if frame.sender == "card" else ("", "event", False)

    def _reader(self, data: bytes, crc: bool) -> tuple[str, FrameKind, bool]:
        row = self.request = _row(self.technology, data, crc)
        name = row[2] if row else ""
        if name in _POLLS and (self.technology != "A" or len(data) == 1):
            self.field_off()
        elif self.encrypted:
            return "encrypted", "rf", False
        self.used = self.used or not (name in _POLLS or name.startswith(_ACTIVATION))
        block = self._block(data, crc) if self.blocks or not row else ""
        if block:
            self.request, self.blocks = None, block != "S(DESELECT)"
            return block, "block", True
        if row and name.startswith("SELECT CL"):
            self.uid = (self.uid if data[0] != 0x93 else b"") + (data[3:6] if data[2] == 0x88 else data[2:6])
        has_crc = row[4][0] == "+" if row else len(data) > 2
        return name, "pps" if name == "PPS" else "rf", has_crc

    def _block(self, data: bytes, crc: bool) -> str:
        if self.technology not in "AB" or (crc and not crc_fits(self.technology, data)):
            return ""
        block = radio_block(data, crc)
        words = {"I": "I-block", "R": "R(NAK)" if block.more else "R(ACK)", "S": "S(WTX)", "deselect": "S(DESELECT)"}
        return words.get(block.kind, "")

    def _card(self, data: bytes, crc: bool) -> tuple[str, FrameKind, bool]:
        row, self.request = self.request, None
        if self.encrypted:
            return "encrypted", "rf", False
        name, has_crc = (row[3], row[4][1] == "+") if row and row[3] else ("", len(data) > 2)
        block = "" if name else self._block(data, crc)
        if block:
            return block, "block", True
        if len(data) <= 1 and (self.technology == "A" or not data):
            if data:
                name = "ACK" if data == b"\x0a" else "NAK or error"
            return name, "rf", False
        if name == "nonce":
            self.encrypted = len(data) == 4
        elif name in ("ATS", "answer to ATTRIB"):
            self.blocks = True
        elif name == "SAK" and not data[0] & 4:
            name = f"SAK, UID {to_hex(self.uid)}"
        elif name in ("answer to polling", "answer to inventory"):
            name += f", {'IDm' if self.technology == 'F' else 'UID'} {to_hex(_number(self.technology, data))}"
        kind: FrameKind = "ats" if name == "ATS" else "pps" if name == "PPS answer" else "rf"
        return name, kind, has_crc


def _number(technology: str, data: bytes) -> bytes:
    """The number that an answer to polling or inventory tells; that of ISO/IEC 15693 is sent backwards."""
    return data[2:10] if technology == "F" else data[9:1:-1]


def _row(technology: str, data: bytes, crc: bool) -> _Row | None:
    digits, size = to_hex(data[:4]), len(data) if crc else len(data) + 2
    for row in _ROWS[technology]:
        begins = row[0][2:] == digits[2 : len(row[0])] if row[0][0] == "." else digits.startswith(row[0])
        if begins and row[1] in (0, size if "+" in row[4][:1] else len(data)):
            return row
    return None
