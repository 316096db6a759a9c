# SPDX-License-Identifier: MIT
"""Two frames of a protocol without APDUs as a pair: without their check sums, timed as frames on the air are."""

from __future__ import annotations

from typing import cast

from .blocks import Pair
from .model import Command, Frame, Pieces, Protocol, Response
from .native import NATIVE_KINDS, body_stop, native_command, native_response


def is_native(frame: Frame) -> bool:
    """Whether a frame is a half of a protocol without APDUs."""
    return frame.kind in NATIVE_KINDS


def can_answer(frame: Frame, command: Frame) -> bool:
    """Whether a frame can answer the command before it; a native one only in its own protocol."""
    if frame.sender != "card":
        return False
    if is_native(frame) or is_native(command):
        return frame.kind == command.kind
    return True


def native_pair(command_frame: Frame | None, response_frame: Frame | None) -> Pair:
    """Command and answer; one of them may be missing. An answer time is from the end of the command."""
    frames: list[Frame] = []
    command: Command | None = None
    response: Response | None = None
    start_ns = end_ns = None
    if command_frame:
        frames.append(command_frame)
        body, pieces = _body(command_frame, 0)
        command = native_command(cast(Protocol, command_frame.kind), body, pieces)
        start_ns = command_frame.end_ns
        if start_ns is None:
            start_ns = command_frame.time_ns
    if response_frame:
        body, pieces = _body(response_frame, len(frames))
        frames.append(response_frame)
        response = native_response(cast(Protocol, response_frame.kind), body, pieces)
        end_ns = response_frame.time_ns
    return Pair(command, response, tuple(frames), start_ns, end_ns)


def _body(frame: Frame, number: int) -> tuple[bytes, Pieces]:
    """The bytes of a half, and where they are in the frame of this number."""
    stop = body_stop(frame)
    if not stop:
        return b"", ()
    return frame.data[:stop], ((number, 0, stop),)
