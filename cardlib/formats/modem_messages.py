# SPDX-License-Identifier: MIT
"""QMI and MBIM messages, as libqmi, libmbim and ModemManager print them: what a UICC is asked.

QMI: the UIM service (0B) and its messages Send APDU, Open Logical Channel and Get ATR. MBIM: the
service Microsoft Low-Level UICC Access. All others are counted.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..core.model import Frame, FrameKind, Sender
from ..core.notices import OPENED
from .lines import Item
from .rules import Unwrap, rule
from .textformat import TextFormat

Content = tuple[Sender, FrameKind, bytes] | str

# QMI: the header of QMUX (marker, length, flags, service, client), that of a service (flags,
# transaction, message, length of its TLVs). Messages and TLVs are those of libqmi
# (data/qmi-service-uim.json). It does not list Get ATR: its number is that of the enumeration of
# UIM messages in the maker's public headers.
_QMUX = struct.Struct("<BHBBB")
_QMI = struct.Struct("<BHHH")
_QMUX_MARKER, _UIM = 0x01, 0x0B
_RESPONSE = 0x02
_SEND_APDU, _GET_ATR, _OPEN_CHANNEL = 0x003B, 0x0041, 0x0042
_APDU_TLV, _ANSWER_TLV, _AID_TLV, _ATR_TLV = 0x02, 0x10, 0x10, 0x10

# MBIM 1.0, 9.1: message type, length, transaction, fragments, number of this one; then service,
# command, its type or status, length of the information buffer. Service and commands (1 ATR, 2 open,
# 3 close, 4 APDU) are those of Microsoft's "MBIM low level UICC access" and of libmbim.
_MBIM = struct.Struct("<IIIII16sIII")
_COMMAND, _COMMAND_DONE = 0x00000003, 0x80000003
_UICC_ACCESS = bytes.fromhex("C2F6588EF0374BC98665F4D44BD09367")
_CID_ATR, _CID_OPEN_CHANNEL, _CID_APDU = 1, 2, 4


def _open_message(_: Sender, __: bytes, data: bytes) -> Content:
    """What a message holds for the card; ValueError: its lengths do not fit."""
    if data[:1] == bytes((_QMUX_MARKER,)):
        return _open_qmi(data)
    return _open_mbim(data)


def _open_qmi(data: bytes) -> Content:
    if len(data) < _QMUX.size:
        raise ValueError("too short for a QMI message")
    _, length, _, service, _ = _QMUX.unpack_from(data)
    if length != len(data) - 1:
        raise ValueError("the length in this QMI message does not fit")
    if service != _UIM:
        return "QMI message"
    if len(data) < _QMUX.size + _QMI.size:
        raise ValueError("too short for a message to the UIM")
    flags, _, message, tlv_length = _QMI.unpack_from(data, _QMUX.size)
    body = data[_QMUX.size + _QMI.size :]
    if tlv_length != len(body):
        raise ValueError("the length of the TLVs in this QMI message does not fit")
    is_response = flags == _RESPONSE
    values = _tlvs(body)
    if message == _SEND_APDU and is_response:
        return _apdu("card", _counted(values.get(_ANSWER_TLV), 2))
    if message == _SEND_APDU:
        return _apdu("reader", _counted(values.get(_APDU_TLV), 2))
    if message == _OPEN_CHANNEL and not is_response:
        return _opened(_counted(values.get(_AID_TLV), 1))
    if message == _GET_ATR and is_response:
        return _atr(_counted(values.get(_ATR_TLV), 1))
    return "QMI message"


def _tlvs(body: bytes) -> dict[int, bytes]:
    """The values by type: a byte, then a length of two bytes, little endian."""
    values = {}
    at = 0
    while at < len(body):
        size = int.from_bytes(body[at + 1 : at + 3], "little")
        start = at + 3
        if start + size > len(body):
            raise ValueError("a TLV in this QMI message is longer than what is left")
        values[body[at]] = body[start : start + size]
        at = start + size
    return values


def _counted(value: bytes | None, width: int) -> bytes | None:
    """The bytes behind their count."""
    if value is None:
        return None
    content = value[width:]
    if int.from_bytes(value[:width], "little") != len(content):
        raise ValueError("the count in a TLV of this QMI message does not fit")
    return content


def _open_mbim(data: bytes) -> Content:
    if len(data) < _MBIM.size:
        return "MBIM message"
    message_type, length, _, fragments, _, service, cid, status, info_size = _MBIM.unpack_from(data)
    if message_type not in (_COMMAND, _COMMAND_DONE) or service != _UICC_ACCESS:
        return "MBIM message"
    if fragments != 1:
        raise ValueError("an MBIM message in fragments is not put together")
    info = data[_MBIM.size :]
    if length != len(data) or info_size != len(info):
        raise ValueError("the length in this MBIM message does not fit")
    if message_type == _COMMAND:
        return _command_content(cid, info)
    if status or not info:
        return "MBIM message"
    return _answer_content(cid, info)


def _command_content(cid: int, info: bytes) -> Content:
    """What a command of the service holds: size and offset of bytes stand at a place of its own."""
    if cid == _CID_APDU:
        return _apdu("reader", _referred(info, 12))
    if cid == _CID_OPEN_CHANNEL:
        return _opened(_referred(info, 0))
    return "MBIM message"


def _answer_content(cid: int, info: bytes) -> Content:
    """What an answer of the service holds; SW1 and SW2 are the first bytes of the status."""
    if cid == _CID_APDU:
        data = _referred(info, 4)
        if data is not None:
            data += info[:2]
        return _apdu("card", data)
    if cid == _CID_ATR:
        return _atr(_referred(info, 0))
    return "MBIM message"


def _referred(info: bytes, at: int) -> bytes | None:
    """The bytes whose size and offset stand there."""
    if len(info) < at + 8:
        raise ValueError("this MBIM message is too short")
    size, offset = struct.unpack_from("<II", info, at)
    if not size:
        return b""
    if offset + size > len(info):
        raise ValueError("the size of the bytes in this MBIM message does not fit")
    return info[offset : offset + size]


def _apdu(sender: Sender, data: bytes | None) -> Content:
    if not data:
        return "message without an APDU"
    return sender, "apdu", data


def _opened(aid: bytes | None) -> Content:
    if not aid:
        return "message without an AID"
    return "none", "event", aid


def _atr(data: bytes | None) -> Content:
    if not data:
        return "message without an ATR"
    return "card", "atr", data


def _opener() -> Unwrap:
    return _open_message


def _noted(items: Iterable[Item]) -> Iterator[Item]:
    """The items; an event, whose bytes are an AID, is that a channel is opened."""
    for item in items:
        if isinstance(item, Frame) and item.kind == "event":
            item = replace(item, note=OPENED)
        yield item


_BYTE = r"[0-9A-Fa-f]{2}:"

QMI_AND_MBIM = TextFormat(
    NAME="QMI and MBIM log",
    CLOCK="none",
    PROVEN=False,
    sign=re.compile(
        rf"\bdata {{1,6}}= (?:01:{_BYTE}{_BYTE}[08]0:0[Bb]:"
        rf"|03:00:00:[08]0:(?:{_BYTE}){{16}}[Cc]2:[Ff]6:58:8[Ee]:)"
    ),
    prefix=re.compile(r".{0,400}?(?=\bdata {1,6}= )"),
    unwrap=_opener,
    rules=(
        rule("reader", "block", rf"data {{1,6}}= ((?:{_BYTE})*[0-9A-Fa-f]{{2}}).{{0,8}}"),
        rule("none", "bad", rf"data {{1,6}}= {_BYTE}.*|{_BYTE}{_BYTE}[0-9A-Fa-f:]*"),
    ),
    finish=_noted,
)
