# SPDX-License-Identifier: MIT
"""What a sniffer sees between a reader and a card: frames with their times, written as Proxmark3 and as nfc-laboratory.

The model: bits take their time at 106 kbit/s (type A) or 212 kbit/s (FeliCa), a card waits before it answers, a reader
before it asks. Ticks are those of the carrier, 13.56 MHz.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, field
from functools import reduce
from operator import xor
from random import Random

from cardlib.core.radio_crc import crc_of

HZ = 13_560_000
SAMPLE_RATE = 10_000_000
BYTE_TICKS = {"A": 9 * 128, "F": 8 * 64}
HEAD_TICKS = {"A": 2 * 128, "F": 64 * 64}  # start and end of a frame; preamble and synchronisation
CARD_WAITS, READER_WAITS = 1236, 40_000
CARD_ANSWERS = 0x8000  # bit of the length in a record of a Proxmark3
NO_DURATION = 0xFFFF
TECHNOLOGY = {"A": 257, "F": 259}  # of nfc-laboratory
FROM_READER, FROM_CARD, FIELD_ON, FIELD_OFF = 258, 259, 257, 256
PHASE = {"A": 259, "F": 258}
RATE = {"A": 105_938, "F": 211_875}
CASCADE, SELECT = 0x04, (0x93, 0x95)


@dataclass
class Frame:
    """A frame: when it begins and ends, in ticks, and its bytes with their check sum."""

    kind: int
    start: int
    stop: int
    data: bytes


@dataclass
class Air:
    """The field of a reader with one card in it."""

    technology: str
    seed: int
    now: int = 10_000
    frames: list[Frame] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self._field(FIELD_ON)

    def _field(self, kind: int) -> None:
        self.frames.append(Frame(kind, self.now, self.now, b""))
        self.now += READER_WAITS

    def restart(self) -> None:
        """The card leaves the field; half a second later one comes again."""
        self._field(FIELD_OFF)
        self.now += HZ // 2
        self._field(FIELD_ON)

    def exchange(self, command: bytes, answer: bytes, has_sum: bool = True) -> bytes:
        """A command and its answer, both without check sums; `has_sum` says whether the answer has one."""
        self._frame(FROM_READER, self.summed(command))
        self.now += CARD_WAITS + 128 * self.random.randrange(40)
        self._frame(FROM_CARD, self.summed(answer) if has_sum else answer)
        self.now += READER_WAITS + 128 * self.random.randrange(200)
        return answer

    def short(self, command: bytes, answer: bytes) -> None:
        """Frames of the selection, which have no check sum."""
        self._frame(FROM_READER, command)
        self.now += CARD_WAITS
        self._frame(FROM_CARD, answer)
        self.now += READER_WAITS

    def summed(self, data: bytes) -> bytes:
        """Bytes with their check sum."""
        return data + crc_of(self.technology, data)

    def _frame(self, kind: int, data: bytes) -> None:
        ticks = HEAD_TICKS[self.technology] + BYTE_TICKS[self.technology] * len(data)
        self.frames.append(Frame(kind, self.now, self.now + ticks, data))
        self.now += ticks

    def select(self, uid: bytes, sak: int, atqa: bytes) -> None:
        """The selection of a card with a number of 7 bytes (ISO/IEC 14443-3, 6.5)."""
        self.short(b"\x52", atqa)
        for code, part in zip(SELECT, (b"\x88" + uid[:3], uid[3:]), strict=True):
            checked = part + bytes([reduce(xor, part)])
            self.short(bytes([code, 0x20]), checked)
            answer = bytes([sak if code == SELECT[-1] else CASCADE])
            self.exchange(bytes([code, 0x70]) + checked, answer)

    def proxmark(self) -> bytes:
        """The records of a Proxmark3: ticks, duration, length, bytes, a parity bit for each."""
        records = []
        for frame in self.frames:
            if frame.kind not in (FROM_READER, FROM_CARD):
                continue
            length = len(frame.data)
            if frame.kind == FROM_CARD:
                length |= CARD_ANSWERS
            duration = min(frame.stop - frame.start, NO_DURATION)
            head = struct.pack("<IHH", frame.start, duration, length)
            records.append(head + frame.data + parity(frame.data))
        return b"".join(records)

    def nfc_laboratory(self) -> bytes:
        """The JSON of nfc-laboratory, a frame an object."""
        rows = [self._row(frame) for frame in self.frames]
        return (json.dumps({"frames": rows}, indent=2) + "\n").encode()

    def _row(self, frame: Frame) -> dict[str, object]:
        start, stop = (ticks * SAMPLE_RATE // HZ for ticks in (frame.start, frame.stop))
        is_field = frame.kind in (FIELD_ON, FIELD_OFF)
        return {
            "frameData": frame.data.hex(":").upper(),
            "frameFlags": 0,
            "framePhase": PHASE[self.technology],
            "frameRate": 0 if is_field else RATE[self.technology],
            "frameType": frame.kind,
            "sampleEnd": stop,
            "sampleRate": SAMPLE_RATE,
            "sampleStart": start,
            "techType": TECHNOLOGY[self.technology],
            "timeEnd": stop / SAMPLE_RATE,
            "timeStart": start / SAMPLE_RATE,
        }


def parity(data: bytes) -> bytes:
    """The odd parity of each byte as a bit, the first on the left."""
    bits = "".join(str(1 - byte.bit_count() % 2) for byte in data)
    padded = bits.ljust(-(-len(bits) // 8) * 8, "0")
    return int(padded, 2).to_bytes(len(padded) // 8)
