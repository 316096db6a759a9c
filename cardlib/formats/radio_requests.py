# SPDX-License-Identifier: MIT
"""The requests of radio protocols below the APDU, and what answers them.

ISO/IEC 14443-3 (A, B), JIS X 6319-4 (F), ISO/IEC 15693-3 (V), data sheets of NXP for MIFARE, and
PicoPass, which is iCLASS (P).
"""

from __future__ import annotations

from ..core.codec import to_hex
from ..core.model import record


@record
class Request:
    """A kind of request: its first hex digits, from digit `at` on, and its size (0: any)."""

    at: int
    digits: str
    size: int
    name: str
    answer: str
    has_crc: bool
    answer_has_crc: bool


# How a request begins (".." is any byte), its size with its CRC, its name, that of its answer;
# whether a CRC ends the request, and the answer.
_Row = tuple[str, int, str, str, str]
_A: tuple[_Row, ...] = (
    ("26", 1, "REQA", "ATQA", "--"),
    ("52", 1, "WUPA", "ATQA", "--"),
    ("9370", 9, "SELECT CL1", "SAK", "++"),
    ("9570", 9, "SELECT CL2", "SAK", "++"),
    ("9770", 9, "SELECT CL3", "SAK", "++"),
    ("93", 0, "anticollision CL1", "UID CL1", "--"),
    ("95", 0, "anticollision CL2", "UID CL2", "--"),
    ("97", 0, "anticollision CL3", "UID CL3", "--"),
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
    ("0600", 4, "INITIATE", "chip identifier", "++"),
)
_F: tuple[_Row, ...] = (
    ("0600", 8, "polling", "answer to polling", "++"),
    ("..04", 0, "Request Response", "answer to Request Response", "++"),
    ("..06", 0, "Read Without Encryption", "answer to Read Without Encryption", "++"),
    ("..08", 0, "Write", "answer to Write", "++"),
)
_V: tuple[_Row, ...] = (
    ("..01", 0, "inventory", "answer to inventory", "++"),
    ("..02", 0, "stay quiet", "answer to stay quiet", "++"),
    ("..20", 0, "read single block", "answer to read single block", "++"),
    ("..21", 0, "write single block", "answer to write single block", "++"),
    ("..22", 0, "lock block", "answer to lock block", "++"),
    ("..23", 0, "read multiple blocks", "answer to read multiple blocks", "++"),
    ("..25", 0, "select", "answer to select", "++"),
    ("..26", 0, "reset to ready", "answer to reset to ready", "++"),
    ("..24", 0, "write multiple blocks", "answer to write multiple blocks", "++"),
    ("..2B", 0, "get system information", "answer to get system information", "++"),
    (
        "..2C",
        0,
        "get multiple block security status",
        "answer to get multiple block security status",
        "++",
    ),
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


def _request(row: _Row) -> Request:
    begins, size, name, answer, crc = row
    digits = begins.lstrip(".")
    at = len(begins) - len(digits)
    return Request(at, digits, size, name, answer, crc[0] == "+", crc[1] == "+")


_REQUESTS = {
    technology: tuple(map(_request, rows))
    for technology, rows in (("A", _A), ("B", _B), ("F", _F), ("V", _V), ("P", _P))
}

POLLS = frozenset(("REQA", "WUPA", "REQB or WUPB", "polling", "inventory", "ACTALL"))
ACTIVATION = ("anticollision", "SELECT CL", "HLT", "enhanced")  # how other names of it begin


def request_of(technology: str, data: bytes, crc: bool) -> Request | None:
    """The kind of a request; `crc` is False where the capture left the CRC out."""
    size = full_size = len(data)
    if not crc:
        full_size += 2
    digits = to_hex(data[:4])
    for request in _REQUESTS[technology]:
        if not digits.startswith(request.digits, request.at):
            continue
        if request.size == 0:
            return request
        if request.has_crc and request.size == full_size:
            return request
        if not request.has_crc and request.size == size:
            return request
    return None
