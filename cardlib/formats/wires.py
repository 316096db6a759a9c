# SPDX-License-Identifier: MIT
"""Logs of what listens on the wire or in the air, or of chips between program and card, described row by row."""

from __future__ import annotations

from ..core.model import FrameKind, Sender
from .described import described

Unwrapped = tuple[Sender, FrameKind, bytes] | str | None  # as rules.Unwrap gives it back

# A frame of a PN53x: preamble, length, its complement, body, check sum (PN532 user manual, 6.2.1).
_PREAMBLE = b"\0\0\xff"
_ACKNOWLEDGEMENTS = (b"\0\xff", b"\xff\0")  # ACK and NACK instead of a length
_EXTENDED = b"\xff\xff"
_MAX_PN53X = 600

# CCID messages of an ACR122, and the command in which it takes what goes to its chip.
_CCID_MESSAGES = (b"\x6f", b"\x80")
_CCID_HEADER = 10
_DIRECT_TRANSMIT = b"\xff\0\0\0"

_IN_DATA_EXCHANGE = (b"\xd4\x40", b"\xd5\x41")
_IN_LIST_PASSIVE_TARGET = b"\xd5\x4b"


def _pn53x(sender: Sender, before: bytes, data: bytes) -> Unwrapped:
    """A frame of a PN53x, or one in CCID, as an ACR122 has it."""
    if data[:1] in _CCID_MESSAGES and len(data) >= _CCID_HEADER:
        return _in_ccid(sender, data)
    stream = before + data
    if data.startswith(_PREAMBLE):
        stream = data
    start = stream.find(_PREAMBLE)
    if start < 0:
        return "PN53x wake-up"
    frame = stream[start:]
    if frame[3:5] in _ACKNOWLEDGEMENTS:
        return "PN53x acknowledgement"
    if frame[3:5] == _EXTENDED:
        size = int.from_bytes(frame[5:7], "big")
        body_at = 8
        length = frame[5:body_at]  # with its check sum
    else:
        size = int.from_bytes(frame[3:4], "big")
        body_at = 5
        length = frame[3:body_at]
    body = frame[body_at : body_at + size + 1]  # with its check sum
    if size < 2:
        raise ValueError("a PN53x frame of no use")
    if len(body) < size + 1:
        if sender == "card" and len(stream) < _MAX_PN53X:
            return None
        raise ValueError(
            f"{size} bytes of a PN53x frame are announced, {len(body)} follow: "
            "the log cuts long lines"
        )
    if sum(body) & 0xFF or sum(length) & 0xFF:
        raise ValueError("the check sum of this PN53x frame does not fit")
    return _chip(sender, body[:-1])


def _in_ccid(sender: Sender, data: bytes) -> Unwrapped:
    """What goes to the chip or comes from it in a CCID message."""
    if int.from_bytes(data[1:5], "little") != len(data) - _CCID_HEADER:
        raise ValueError("the length in this CCID message does not fit")
    command = data[_CCID_HEADER:]
    if command.startswith(_DIRECT_TRANSMIT):
        return _chip(sender, command[5:])
    return _chip(sender, command[:-2])  # an answer: a status word ends it


def _chip(sender: Sender, body: bytes) -> Unwrapped:
    """What goes to the chip or comes from it; the APDU is in InDataExchange."""
    if body[:2] in _IN_DATA_EXCHANGE:
        return sender, "apdu", body[3:]
    found_card = body[2:3] > b"\0"  # the number of targets
    if body[:2] == _IN_LIST_PASSIVE_TARGET and found_card:
        return sender, "event", body
    return f"PN53x {body[:2].hex().upper()}"


class Nci:
    """NCI packets: type and connection, length, data; all but the last segment have a bit set.

    Where the device itself is the card (`listens`), what its controller hands to it is the command.
    """

    _ACTIVATED = b"\x61\x05"  # RF_INTF_ACTIVATED_NTF: a card, or a reader, was found
    _LISTEN_MODES = b"\x80"  # technologies and modes from here on
    _MORE_SEGMENTS = 0x10

    def __init__(self) -> None:
        self.listens = False

    def __call__(self, sender: Sender, before: bytes, data: bytes) -> Unwrapped:
        if len(data) < 3 or data[2] != len(data) - 3:
            raise ValueError(self._wrong_length(data))
        if data[:2] == self._ACTIVATED:
            self.listens = data[6:7] >= self._LISTEN_MODES
            return sender, "event", data
        if data[0] & ~self._MORE_SEGMENTS:
            return f"NCI {data[:2].hex().upper()}"
        if data[0] & self._MORE_SEGMENTS:
            return None
        is_command = (sender == "reader") != self.listens
        speaker: Sender = "card"
        if is_command:
            speaker = "reader"
        return speaker, "apdu", _joined_segments(before + data)

    @staticmethod
    def _wrong_length(data: bytes) -> str:
        is_head_of_data = len(data) == 3 and not data[0] & 0xE0
        if is_head_of_data:
            return "the log leaves out the data of this NCI packet"
        return "the length does not fit of this NCI packet"


def _joined_segments(packets: bytes) -> bytes:
    """The data of NCI packets that follow each other."""
    message = b""
    at = 0
    while at < len(packets):
        body = at + 3
        stop = body + packets[at + 2]
        message += packets[body:stop]
        at = stop
    return message


PM3_LIST, CHAMELEON, LIBNFC, NCI = WIRES = described(
    r"""
format Proxmark3 list, rf, unproven
sign ^\s{0,20}(?:Start|Gap) {0,4}\| {0,10}(?:End|Duration) {0,4}\| Src
prefix \[[+=#]\] ?|# {0,20}
row (?:\[[+=#]\] ?|# {0,20})?\| {0,20}\| {0,8}\|([^|]*)\|(?![^|]*[0-9A-Fa-f]{2} {2}).*
marks [!'\[\]]|\(\d\)
options columns=no, width=18
let CYCLES (?P<at_cycles>\d{1,10}) {0,10}\| {0,10}(?P<end_cycles>\d{1,10}) {0,4}\| {0,4}
let MICROS (?P<at_us>\d{1,10}\.\d) {0,10}\| {0,10}(?P<end_us>\d{1,10}\.\d) {0,4}\| {0,4}
let BYTES {0,4}\|([^|]*)\|(?![^|]*[0-9A-Fa-f]{2} {2})[^|]*(?:\|(?P<note>[^|]*))?(?:\|.*)?
reader rf+rows {CYCLES}Rdr {BYTES}
card rf+rows {CYCLES}Tag {BYTES}
reader rf+rows {MICROS}Rdr {BYTES}
card rf+rows {MICROS}Tag {BYTES}
none time Gap {0,4}\| {0,10}Duration(?P<untimed>).*
none skip (?:.{0,30}\|  ?\*  ?|.{0,40}Frame Delay Time).*|-{5,20}[|+].*|[+=] .*
none bad [\d.]{1,12} {0,12}\|.*

format Chameleon log, host, unproven
sign [ ]ms>:CODEC [RT]X |CODEC [RT]X DATA: |LOG_INFO_CODEC_[RT]X_DATA
prefix (?P<at_ms>\d{1,12}) ms <.{1,12} ms>:|\[\d{1,12}\] |\d{1,9} -- LOG_INFO_CODEC_
reader rf CODEC RX(?: SNI READER)? {1,30}\((?P<size>\d{1,6}) {1,6}bytes\) \[([0-9A-Fa-f]*) *\].*
card rf CODEC (?:TX|RX SNI CARD) {1,30}\((?P<size>\d{1,6}) {1,6}bytes\) \[([0-9A-Fa-f]*) *\].*
reader rf CODEC RX (?:SNI READER )?W/PARITY {1,30}\(\d{1,6} {1,6}bytes\) \[([0-9A-Fa-f]*) *\].*
card rf CODEC (?:TX|RX SNI CARD) W/PARITY {1,30}\(\d{1,6} {1,6}bytes\) \[([0-9A-Fa-f]*) *\].*
reader rf CODEC RX DATA: (.*)
card rf CODEC TX DATA: (.*)
reader rf RX_DATA \[(?P<size>\d{1,6}) bytes\] \(\+(?P<plus_ms>\d{1,9}) *ms\) \[([0-9A-Fa-f ]*)\].*
card rf TX_DATA \[(?P<size>\d{1,6}) bytes\] \(\+(?P<plus_ms>\d{1,9}) *ms\) \[([0-9A-Fa-f ]*)\].*
none bad CODEC .*|[RT]X_DATA.*

format libnfc log, none, unproven
sign libnfc\.\S{1,30}\s{1,8}[TR]X:[ ]
prefix (?:debug|info|error)\s{1,8}libnfc\.\S{1,30}\s{1,8}
options unwrap=pn53x
reader block TX: (.*)
card block RX: (.*)

format Android NCI log, host, unproven
sign NxpNci[XR] {0,4}: len =
prefix (?:\d\d-\d\d )?(?:(?P<at_clock>\d\d:\d\d:\d\d\.\d{3})(?: {1,8}
    (?P<who>\d{1,10}) {1,8}\d{1,10})?.{0,40}?)?(?=NxpNci)
options unwrap=nci
reader block NxpNciX {0,4}: len = {0,6}(?P<size>\d{1,4}) > (\w*)
card block NxpNciR {0,4}: len = {0,6}(?P<size>\d{1,4}) > (\w*)
none bad NxpNci[XR].*
""",
    pn53x=lambda: _pn53x,
    nci=Nci,
)
