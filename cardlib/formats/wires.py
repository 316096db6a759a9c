# SPDX-License-Identifier: MIT
"""Logs of what listens on the wire or in the air, or of chips between program and card, described row by row."""

from __future__ import annotations

from ..core.model import FrameKind, Sender
from .described import described

Held = tuple[Sender, FrameKind, bytes] | str | None  # as rules.Unwrap gives it back


def _pn53x(sender: Sender, before: bytes, data: bytes) -> Held:
    """A frame of a PN53x: preamble, length, its complement, data, check sum; or in CCID, as an ACR122 has it."""
    if data[:1] in (b"\x6f", b"\x80") and len(data) > 9:
        if int.from_bytes(data[1:5], "little") != len(data) - 10:
            raise ValueError("the length in this CCID message does not fit")
        return _chip(sender, data[15:] if data[10:14] == b"\xff\0\0\0" else data[10:-2])
    whole = data if data.startswith(b"\0\0\xff") else before + data
    start, at = whole.find(b"\0\0\xff"), 3
    if start < 0 or whole[start + 3 : start + 5] in (b"\0\xff", b"\xff\0"):
        return "PN53x acknowledgement" if start >= 0 else "PN53x wake-up"
    frame = whole[start:]
    extended = frame[3:5] == b"\xff\xff"
    at, size = (8, int.from_bytes(frame[5:7], "big")) if extended else (5, frame[3] if len(frame) > 3 else 1)
    body = frame[at : at + size + 1]
    if size < 2:
        raise ValueError("a PN53x frame of no use")
    if len(body) < size + 1:
        if sender == "card" and len(whole) < 600:
            return None
        raise ValueError(f"{size} bytes of a PN53x frame are announced, {len(body)} follow: the log cuts long lines")
    if sum(body) & 0xFF or sum(frame[at - 3 if extended else 3 : at]) & 0xFF:
        raise ValueError("the check sum of this PN53x frame does not fit")
    return _chip(sender, body[:-1])


def _chip(sender: Sender, body: bytes) -> Held:
    """What goes to the chip or comes from it; the APDU is in InDataExchange."""
    if body[:2] in (b"\xd4\x40", b"\xd5\x41"):
        return sender, "apdu", body[3:]
    if body[:2] == b"\xd5\x4b" and body[2:3] > b"\0":  # InListPassiveTarget found a card
        return sender, "event", body
    return f"PN53x {body[:2].hex().upper()}"


class Nci:
    """NCI packets: type, connection, length, data; a message in segments has a bit in all but the last.

    Where the device itself is the card (`listens`), what its controller hands to it is the command.
    """

    def __init__(self) -> None:
        self.listens = False

    def __call__(self, sender: Sender, before: bytes, data: bytes) -> Held:
        if len(data) < 3 or data[2] != len(data) - 3:
            is_head = len(data) == 3 and not data[0] & 0xE0
            raise ValueError(
                f"the {'log leaves out the data' if is_head else 'length does not fit'} of this NCI packet"
            )
        if data[:2] == b"\x61\x05":  # RF_INTF_ACTIVATED_NTF: a card, or a reader, was found; technology and mode
            self.listens = data[6:7] >= b"\x80"
            return sender, "event", data
        if data[0] & 0xEF:
            return f"NCI {data[:2].hex().upper()}"
        if data[0] & 0x10:
            return None
        whole, found = before + data, b""
        while whole:
            found, whole = found + whole[3 : 3 + whole[2]], whole[3 + whole[2] :]
        return "card" if (sender == "reader") is self.listens else "reader", "apdu", found


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
