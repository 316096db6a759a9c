# SPDX-License-Identifier: MIT
"""Commands and answers that are no APDUs: those of chips with a command set of their own.

The kind of a frame names the protocol. The table says of each where the code of a command stands, where the data of an
answer begin, and in which terms both are read; `status_of` what an answer says about success.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast, get_args

from .block import NO_CRC
from .model import Command, Frame, NativeKind, Pieces, Protocol, Response, record
from .radio_crc import crc_fits, crc_of

NATIVE_KINDS = frozenset(get_args(NativeKind))
ACK = 0x0A  # four bits, of MIFARE Ultralight and Classic


@record
class Form:
    """How a protocol writes commands and answers.

    technology: whose check sum ends its frames; code_at: where the code of a command stands (-1: not to be seen);
    answer_at: where the data of an answer begin; application: the data file of its rows.
    """

    technology: str
    code_at: int
    answer_at: int
    application: str


FORMS: dict[Protocol, Form] = {
    "ultralight": Form("A", 0, 0, "ultralight"),
    "classic": Form("A", 0, 0, "classic"),
    "crypto1": Form("A", -1, 0, "classic"),
    "felica": Form("F", 1, 2, "felica"),  # length, code (JIS X 6319-4)
    "iso15693": Form("V", 1, 1, "iso15693"),  # flags, code (ISO/IEC 15693-3, 7.3)
    "picopass": Form("P", 0, 0, "picopass"),
    "srx": Form("B", 0, 0, "srx"),
    "desfire": Form("", 0, 1, "desfire"),  # inside a block of ISO/IEC 14443-4
    "mifare plus": Form("", 0, 1, "mifare_plus"),
}
_LENGTH_COUNTS_ITSELF = "felica"

# Commands by which a reader looks for cards: Polling, INVENTORY, INITIATE. Where none is there, none answers.
_POLLS = frozenset((("felica", 0x00), ("iso15693", 0x01), ("srx", 0x06)))


def is_poll(command: Command) -> bool:
    """Whether a command only asks which cards are there, so that no answer is missing."""
    return (command.protocol, command.code) in _POLLS


def application_of(protocol: Protocol) -> str:
    """The data file in whose terms a native protocol is read; empty for APDUs."""
    if protocol not in FORMS:
        return ""
    return FORMS[protocol].application


def body_stop(frame: Frame) -> int:
    """Where the bytes of a native half end: before the check sum, where the frame has one."""
    size = len(frame.data)
    if NO_CRC in frame.note or not _may_have_crc(frame):
        return size
    summed = frame.data[_summed_from(frame) :]
    if crc_fits(_technology(frame), summed):
        return size - 2
    return size


def with_check_sum(frame: Frame, data: bytes) -> bytes:
    """New bytes of a frame, with the check sum of the old ones computed again where there is one."""
    stop = body_stop(frame)
    if stop == len(frame.data):
        return data
    summed = data[_summed_from(frame) : stop]
    return data[:stop] + crc_of(_technology(frame), summed)


def _technology(frame: Frame) -> str:
    return FORMS[cast(Protocol, frame.kind)].technology


def _summed_from(frame: Frame) -> int:
    """Where the bytes begin that the check sum is of: of a command of PicoPass, behind the code."""
    is_command_of_picopass = frame.kind == "picopass" and frame.sender == "reader"
    return int(is_command_of_picopass)


def _may_have_crc(frame: Frame) -> bool:
    """Whether a check sum can end a frame; not where it is encrypted, or is the nonce of a Classic card."""
    if frame.kind == "crypto1":
        return False
    return not (frame.kind == "classic" and frame.sender == "card" and len(frame.data) == 4)


def native_command(protocol: Protocol, raw: bytes, pieces: Pieces) -> Command:
    """The command of a chip; of class 90 where it is that of a DESFire, which has the same wrapped in an APDU."""
    at = FORMS[protocol].code_at
    code, data, error = -1, raw, ""
    if at >= 0:
        if len(raw) > at:
            code, data = raw[at], raw[at + 1 :]
        else:
            data, error = b"", "it ends before its code"
    error = error or _length_error(protocol, raw)
    cla = ins = 0
    if protocol == "desfire":
        cla, ins = 0x90, max(code, 0)
    return Command(raw, cla, ins, 0, 0, data, None, error, pieces, protocol, code)


def native_response(protocol: Protocol, raw: bytes, pieces: Pieces) -> Response:
    """The answer of a chip; its data end with it. That of a DESFire has the status word of the wrapped form."""
    data = raw[FORMS[protocol].answer_at :]
    sw = None
    if protocol == "desfire" and raw:
        sw = 0x9100 | raw[0]
    status = status_of(protocol, raw)
    error = _length_error(protocol, raw)
    return Response(raw, data, sw, b"", error, pieces, (), protocol, status)


def _length_error(protocol: Protocol, raw: bytes) -> str:
    """Where the first byte of a frame is its length, that it is another."""
    if protocol != _LENGTH_COUNTS_ITSELF or not raw or raw[0] == len(raw):
        return ""
    return f"the length says {raw[0]} bytes, {len(raw)} here"


def status_of(protocol: Protocol, raw: bytes) -> str:
    """What an answer refuses with, as hex; empty where the chip did what it was asked."""
    if protocol not in _JUDGES:
        return ""
    return _JUDGES[protocol](raw)


def _acknowledged(raw: bytes) -> str:
    """Four bits are an answer: A is yes, all others no."""
    if len(raw) != 1 or raw[0] == ACK:
        return ""
    return f"{raw[0]:02X}"


def _vicinity(raw: bytes) -> str:
    """The lowest of the flags says that an error code follows (ISO/IEC 15693-3, 7.4.2)."""
    if not raw or not raw[0] & 1:
        return ""
    return raw[1:2].hex().upper() or "00"


_FLAGGED = (0x07, 0x09)  # answers to Read and Write Without Encryption
_STATUS_FLAG_1, _STATUS_FLAG_2 = 10, 11  # where they stand, behind the IDm


def _felica(raw: bytes) -> str:
    """Status flag 1 says whether, status flag 2 why not."""
    if len(raw) <= _STATUS_FLAG_2 or raw[1] not in _FLAGGED or raw[_STATUS_FLAG_1] == 0:
        return ""
    return f"{raw[_STATUS_FLAG_2]:02X}"


def _plus(raw: bytes) -> str:
    if raw[:1] == b"\x90":
        return ""
    return raw[:1].hex().upper()


def _desfire(raw: bytes) -> str:
    """00 and AF (more follows) are no errors."""
    if raw[:1] in (b"\x00", b"\xaf"):
        return ""
    return raw[:1].hex().upper()


_JUDGES: dict[Protocol, Callable[[bytes], str]] = {
    "ultralight": _acknowledged,
    "classic": _acknowledged,
    "iso15693": _vicinity,
    "felica": _felica,
    "desfire": _desfire,
    "mifare plus": _plus,
}

# Codes of DESFire commands (NXP MF3ICDx21_41_81, and AN12343 for EV2 and EV3), and its status codes
_DESFIRE_CODES = bytes.fromhex(
    "0A1AAA7177545C565755C4C64564CAC9DA6A6D5AFC606E513C6F61F55F"
    "CDCBCCC1C0CECFDFBDAD3D8D6C0CDC1CBBAB3B8BDBBAEBC7A7C8AFF0F2FD"
)
_DESFIRE_STATUS = bytes.fromhex("000C0E1C1E407E909D9EA0A1AEAFBEC1CACDCEDEEEF0F1")
# MIFARE Plus: authentication, reading, writing, values, VC (NXP MF1P(H)x2 data sheets); 90 is its "ok"
_PLUS_CODES = bytes.fromhex(
    "303132333637A0A1A2A3B0B1B2B3B4B5B6B7B8B9BABBC0C2C4C6707276787A7C40A8AA"
)
_PLUS_STATUS = bytes.fromhex("0607080900090A0B0C0F90")


def native_protocol(command: bytes, answer: bytes) -> Protocol | None:
    """The protocol of two halves that came in blocks of ISO/IEC 14443-4 and are no APDUs: by code and status."""
    if not command or not answer:
        return None
    code, status = command[0], answer[0]
    if code in _PLUS_CODES and status == 0x90:
        return "mifare plus"
    if code in _DESFIRE_CODES and status in _DESFIRE_STATUS:
        return "desfire"
    if code in _PLUS_CODES and len(answer) == 1 and status in _PLUS_STATUS:
        return "mifare plus"
    return None
