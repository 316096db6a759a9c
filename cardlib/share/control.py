# SPDX-License-Identifier: MIT
"""What of the bytes on a wire is protocol and not data: prologues, blocks without data, procedure bytes of T=0."""

from __future__ import annotations

from ..core.block import radio_crc_fits
from ..core.blocks import NO_CRC, contact_block, is_t1, radio_block
from ..core.model import Command, Frame
from .headers import HEADER, continues
from .rebuilding import Rebuilt

CONTROL = ("R", "S", "deselect")  # kinds of blocks that carry no data
LONGEST_CONTROL = 6  # bytes of S(IFS) with a CRC (ISO/IEC 7816-3, 11.3)
LONGEST_PROLOGUE = 3  # bytes of a node address or CID, and what says the kind of block
NULL = 0x60  # a procedure byte: wait (ISO/IEC 7816-3, 10.3.3)
PART_FOLLOWS = (0x61, 0x6C, 0x9F)  # SW1 of an answer that another command follows
_R_BLOCK = 0x80  # of a PCB of T=1, without sequence number and error (ISO/IEC 7816-3, 11.3.2.2)
_S_BLOCKS = frozenset((0xC0, 0xC1, 0xC2, 0xC3, 0xE0, 0xE1, 0xE2, 0xE3, 0xE4))


def prologue(frame: Frame, place: tuple[int, int] | None = None) -> int:
    """How many bytes of a block may be copied: those before its data, which stand at `place`; all without data."""
    size = len(frame.data)
    kind, start, stop = _block(frame)
    if place is not None:
        kind = "I"
        start, stop = place
    if size <= LONGEST_CONTROL and (kind in CONTROL or (kind and start == stop)):
        return size
    if kind == "I" and start <= LONGEST_PROLOGUE:
        return start
    return 0


def _block(frame: Frame) -> tuple[str, int, int]:
    """The kind of a block and where its data are; no kind where its check does not fit."""
    data = frame.data
    if is_t1(data):
        block = contact_block(data)
        is_right = block.kind == "I" or _is_control_of_t1(data[1], data[2])
    else:
        has_crc = NO_CRC not in frame.note
        block = radio_block(data, has_crc)
        is_right = not has_crc or radio_crc_fits(data)
    if not is_right:
        return "", 0, 0
    return block.kind, block.start, block.stop


def _is_control_of_t1(pcb: int, size: int) -> bool:
    """Whether this is an R-block or an S-block as ISO/IEC 7816-3, 11.3.2 lists them."""
    if pcb & 0xEC == _R_BLOCK:
        return size == 0
    return pcb in _S_BLOCKS and size <= 1


def put_bytes(frame: Frame, command: Command, rebuilt: Rebuilt) -> None:
    """What joins the bytes of T=0: a header that goes on, a procedure byte, a status word that announces more."""
    data = frame.data
    if frame.sender == "reader":
        if len(data) == HEADER and continues(data, command):
            rebuilt.copy(data, 0, HEADER)
        return
    procedure = (NULL, command.ins, command.ins ^ 0xFF)
    for at, byte in enumerate(data):
        if byte in procedure:
            rebuilt.copy(data, at, at + 1)
    if len(data) == 2 and data[0] in PART_FOLLOWS:
        rebuilt.copy(data, 0, 2)
