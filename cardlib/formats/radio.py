# SPDX-License-Identifier: MIT
"""What the formats of radio captures share: frames get their names, CRCs are checked.

An activation of a card begins a session.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import xor

from ..core.blocks import NO_CRC, radio_block
from ..core.codec import to_hex
from ..core.model import Clock, Frame, FrameKind, Problem, Sender, Session
from ..core.notices import SELECTED
from ..core.radio_crc import crc_fits, crc_of
from .radio_requests import ACTIVATION, POLLS, Request, request_of

__all__ = ["WRONG_CRC", "Item", "Radio", "crc_fits", "crc_of", "technology_of"]

Item = Frame | Session | Problem
_Label = tuple[str, FrameKind, bool]  # name, kind, whether a CRC ends it

WRONG_CRC = "wrong CRC"
ENCRYPTED = "encrypted"
CLASSIC_AUTHENTICATION = "MIFARE Classic authentication"
_ALL_NATIVE: dict[str, FrameKind] = {"F": "felica", "V": "iso15693"}  # activation is a command too
_CLASSIC = 0x18  # bits of a SAK (NXP AN10833)
_BLOCKS = 0x20  # of a SAK: the card speaks ISO/IEC 14443-4
_SHORT_FRAMES = {b"\x26": "A", b"\x52": "A", b"\x0a": "P", b"\x0c": "P"}  # of a reader
_BLOCK_NAMES = {"I": "I-block", "S": "S(WTX)", "deselect": "S(DESELECT)"}
_ANSWER_KINDS: dict[str, FrameKind] = {"ATS": "ats", "PPS answer": "pps"}
_CASCADE_TAG = 0x88  # the UID goes on at the next level (ISO/IEC 14443-3)
_UID_INCOMPLETE = 0x04  # of a SAK


def technology_of(sender: Sender, data: bytes, before: str) -> str:
    """The technology of a frame whose capture does not say.

    It shows in how activation begins, then in check sums.
    """
    if sender == "reader" and len(data) == 1:
        return _SHORT_FRAMES.get(data, before)
    if before == "P" or not data.strip(b"\xff"):
        return before
    if crc_fits("A", data):
        return "A"
    if not crc_fits("B", data):
        return before
    # B and V have the same check sum: REQB and ATTRIB begin type B.
    if data[0] in (0x05, 0x1D) or before == "B":
        return "B"
    return "V"


class Radio:
    """Follows the frames of one capture: what is activated or encrypted, which answer is due."""

    def __init__(self, clock: Clock, resolution: str = "") -> None:
        self.clock = clock
        self.resolution = resolution
        self.technology = "A"
        self.is_told = False  # the capture says which technology it is
        self.request: Request | None = None
        self.new = True  # a session is due
        self.used = False  # this session has come further than activation
        # The card speaks ISO/IEC 14443-4: a frame is a block rather than a command of a memory card.
        self.blocks = False
        self.encrypted = False
        self.uid = b""
        # The protocol of a chip with commands of its own, and of the answer that is due.
        self.chip: FrameKind = "rf"
        self.may_be_chip = True  # no SAK says that the card speaks in blocks only
        self.asked: FrameKind = "rf"

    def take(
        self, frame: Frame, technology: str = "", crc: bool = True, fault: str = ""
    ) -> Iterator[Item]:
        """The frame with its name; before it a session where one begins, and problems.

        `crc` is False where the capture left the CRC out, `technology` is empty where it does not
        say, `fault` is what the capture says is wrong with the frame.
        """
        self.is_told = bool(technology)
        self.technology = technology or technology_of(frame.sender, frame.data, self.technology)
        if self.encrypted and crc_fits(self.technology, frame.data):
            self.encrypted = False
        name, kind, has_crc = self._label(frame, crc)
        if self.new:
            yield self._session()
            self.new = False
        notes = [name or "no name known"]
        if has_crc and not crc:
            notes.append(NO_CRC)
        if has_crc and crc and not self._crc_fits(frame):
            kind = "rf"
            self.request = None  # nobody knows what was asked for
            fault = "; ".join(filter(None, (WRONG_CRC, fault)))
        elif name.startswith("UID CL") and not _is_uid(frame.data):
            fault = fault or "the check byte of the UID is wrong"
        if fault and not self.encrypted:
            notes.append(fault)
            detail = f"{name or 'frame'} of {len(frame.data)} bytes, technology {self.technology}"
            yield _damaged(frame, f"{detail}: {fault}", gap=kind == "rf")
            self.asked = "rf"
        elif kind == "rf":
            kind = self._native(frame.sender, name)
        if frame.note:
            notes.append(frame.note)
        yield _labelled(frame, kind, "; ".join(notes))

    def field_off(self) -> None:
        """The reader switched its field off: the next frame begins a session."""
        self.new = self.new or self.used
        self.used = False
        self.blocks = False
        self.encrypted = False
        self.chip = self.asked = "rf"
        self.may_be_chip = True

    def _native(self, sender: Sender, name: str) -> FrameKind:
        """The protocol of a frame that is no block and no activation; "rf" for all others."""
        if sender == "card":
            asked, self.asked = self.asked, "rf"
            return asked
        self.asked = "rf"
        if sender == "reader":
            self.asked = self._native_request(name)
        return self.asked

    def _native_request(self, name: str) -> FrameKind:
        if self.technology in _ALL_NATIVE and (self.is_told or name):
            return _ALL_NATIVE[self.technology]
        if name == ENCRYPTED:
            return "crypto1"
        if name.startswith(("REQ", "WUP", "ATTRIB", "RATS", "PPS", *ACTIVATION)):
            return "rf"
        if name in ("ACTALL", "IDENTIFY", "HALT"):
            return "rf"
        if name.startswith(CLASSIC_AUTHENTICATION):
            self.chip = "classic"
        elif self.technology == "P":
            self.chip = "picopass"
        elif name == "INITIATE":
            self.chip = "srx"
        elif name and self.technology == "A" and self.chip == "rf" and self.may_be_chip:
            # The only chips of type A that are read in clear without blocks of ISO/IEC 14443-4.
            self.chip = "ultralight"
        return self.chip

    def _session(self) -> Session:
        meta: tuple[tuple[str, str], ...] = ()
        if self.resolution:
            meta = (("resolution", self.resolution),)
        return Session(0, None, "contactless", self.clock, meta=meta)

    def _crc_fits(self, frame: Frame) -> bool:
        """Whether the CRC of a frame fits; encrypted, it cannot be checked."""
        if self.encrypted:
            return True
        if self.technology == "P" and frame.sender == "reader":
            return crc_fits("P", frame.data[1:])  # the command code is not summed up
        return crc_fits(self.technology, frame.data)

    def _label(self, frame: Frame, crc: bool) -> _Label:
        if frame.sender == "reader":
            return self._label_request(frame.data, crc)
        if frame.sender == "card":
            return self._label_answer(frame.data, crc)
        return "", "event", False

    def _label_request(self, data: bytes, crc: bool) -> _Label:
        request = request_of(self.technology, data, crc)
        self.request = request
        name = ""
        if request:
            name = request.name
        is_poll = name in POLLS
        if is_poll and (self.technology != "A" or len(data) == 1):
            self.field_off()
        elif self.encrypted:
            return ENCRYPTED, "rf", False
        if not is_poll and not name.startswith(ACTIVATION):
            self.used = True
        if self.blocks or not request:
            block_name = self._block_of_request(data, crc)
            if block_name:
                self.request = None
                self.blocks = block_name != "S(DESELECT)"
                return block_name, "block", True
        if request is None:
            return "", "rf", len(data) > 2
        if name.startswith("SELECT CL"):
            self._add_to_uid(data)
        if name == "PPS":
            return name, "pps", request.has_crc
        return name, "rf", request.has_crc

    def _add_to_uid(self, select: bytes) -> None:
        """Note the part of the UID in a SELECT: command, 70, four bytes, their check byte."""
        level, first = select[0], select[2]
        if level == 0x93:
            self.uid = b""
        if first == _CASCADE_TAG:
            self.uid += select[3:6]
        else:
            self.uid += select[2:6]

    def _block_of_request(self, data: bytes, crc: bool) -> str:
        """The name of a block of a reader; to a chip with commands of its own, only an I-block can be one.

        C2 and others begin commands of chips, too.
        """
        name = self._block_name(data, crc)
        is_to_chip = self.chip != "rf" and not self.blocks
        return "" if is_to_chip and name != "I-block" else name

    def _block_name(self, data: bytes, crc: bool) -> str:
        """The name of a block of ISO/IEC 14443-4; empty if it is none."""
        if self.technology not in "AB":
            return ""
        if crc and not crc_fits(self.technology, data):
            return ""
        block = radio_block(data, crc)
        if block.kind != "R":
            return _BLOCK_NAMES.get(block.kind, "")
        if block.more:
            return "R(NAK)"
        return "R(ACK)"

    def _label_answer(self, data: bytes, crc: bool) -> _Label:
        request = self.request
        self.request = None
        if self.encrypted:
            return ENCRYPTED, "rf", False
        name, has_crc = "", len(data) > 2
        if request and request.answer:
            name, has_crc = request.answer, request.answer_has_crc
        if not name:
            block_name = self._block_name(data, crc)
            if block_name:
                return block_name, "block", True
        if not data:
            return name, "rf", False
        if len(data) == 1 and self.technology == "A":
            return _acknowledgement(data), "rf", False
        kind = _ANSWER_KINDS.get(name, "rf")
        return self._understood(name, data), kind, has_crc

    def _understood(self, name: str, data: bytes) -> str:
        """Note what an answer changes; its name with the number of the card, if it tells it."""
        if name == "nonce":
            self.encrypted = len(data) == 4
        elif name in ("ATS", "answer to ATTRIB"):
            self.blocks = True
        elif name == "SAK" and not data[0] & _UID_INCOMPLETE:
            self.chip = _chip_of(data[0])
            self.may_be_chip = not data[0] & _BLOCKS
            return f"{SELECTED}{to_hex(self.uid)}"
        elif name in ("answer to polling", "answer to inventory"):
            if self.technology == "F":
                return f"{name}, IDm {to_hex(data[2:10])}"
            backwards = data[9:1:-1]  # ISO/IEC 15693-3 sends it like this
            return f"{name}, UID {to_hex(backwards)}"
        return name


def _chip_of(sak: int) -> FrameKind:
    """The command set that a SAK shows; none where the card speaks in blocks, or nobody knows."""
    if sak & _BLOCKS:
        return "rf"
    if sak == 0:
        return "ultralight"
    return "classic" if sak & _CLASSIC else "rf"


def _acknowledgement(data: bytes) -> str:
    """The name of an answer of four bits."""
    if data == b"\x0a":
        return "ACK"
    return "NAK or error"


def _is_uid(data: bytes) -> bool:
    """Whether these are four bytes and their check byte."""
    return len(data) == 5 and not reduce(xor, data)


def _damaged(frame: Frame, detail: str, gap: bool) -> Problem:
    unit, start, stop = frame.unit, frame.start, frame.stop
    return Problem("damaged frame", detail, unit, start, stop, frame.data[:256], gap)


def _labelled(frame: Frame, kind: FrameKind, note: str) -> Frame:
    return Frame(
        frame.index,
        frame.time_ns,
        frame.sender,
        kind,
        frame.data,
        frame.unit,
        frame.start,
        frame.stop,
        note,
        frame.end_ns,
    )
