# SPDX-License-Identifier: MIT
"""What Android's nfcsnoop keeps: records that agree with their packets, the text they come in, and damage to both."""

from __future__ import annotations

import base64
import io
import zlib

import pytest

import cardlib
from cardlib.core.model import Coverage, Problem
from cardlib.formats import nfcsnoop
from conftest import SESSION

LAST = 1_795_275_178_378_318  # microseconds since 1970: 2026-11-21
Packet = tuple[int, int, str]  # microseconds since the last, from the controller?, NCI


def packets(listens: bool = False) -> list[Packet]:
    """The session, with what opens it, in segments of at most 10 bytes."""
    found: list[Packet] = [(0, 1, "61 05 07 01 02 04 " + ("80" if listens else "00") + " FF 01 00")]
    for asked, told in SESSION:
        for half, delta, sent in ((asked, 1000, listens), (told, 30_000, not listens)):
            parts = [half[i : i + 20] for i in range(0, len(half), 20)]
            for at, part in enumerate(parts):
                head = bytes((0x10 if at + 1 < len(parts) else 0, 0, len(part) // 2))
                found.append((delta if at == 0 else 5, int(sent), head.hex() + part))
        found.append((7, 1, "60 06 03 01 00 01"))
    return found


def log(rows: list[Packet]) -> bytes:
    """The records as they are before they are packed (nfcsnooz_preamble_t, nfcsnooz_header_t)."""
    data = b"\1" + LAST.to_bytes(8, "little")
    for delta, sent, text in rows:
        packet = bytes.fromhex(text)
        data += (
            len(packet).to_bytes(2, "little") + delta.to_bytes(4, "little") + bytes([sent]) + packet
        )
    return data


def dump(data: bytes, name: str = "LOG_SUMMARY", packed: bytes = b"") -> str:
    """What `dumpsys nfc` prints of them: nine bytes in clear and a zlib stream, in lines of 128 characters."""
    text = base64.b64encode(data[:9] + (packed or zlib.compress(data[9:]))).decode()
    rows = "\n".join(text[at : at + 128] for at in range(0, len(text), 128))
    return f"--- BEGIN:NFCSNOOP_{name} ({len(data) - 9} bytes in) ---\n{rows}\n--- END:NFCSNOOP_{name} ---\n"


def capture() -> bytes:
    return log(packets())


def read(text: str) -> tuple[list[tuple[str, str]], list[str]]:
    """The exchanges and the problems of a text."""
    found = cardlib.read_text(text)
    pairs = [
        (e.command.raw if e.command else b"", e.response.raw if e.response else b"")
        for e in found.exchanges
    ]
    return [(a.hex().upper(), b.hex().upper()) for a, b in pairs], [
        f"{p.kind}: {p.detail}" for p in found.problems
    ]


@pytest.mark.parametrize("at", range(40, 260, 7))
def test_damaged_text_is_read_up_to_there(at: int) -> None:
    text = dump(log(packets()))
    body = text.index("\n") + 13 + at  # behind what is not packed
    pairs, problems = read(text[:body] + "*" + text[body + 1 :])
    assert pairs == SESSION[: len(pairs)] or pairs[:-1] == SESSION[: len(pairs) - 1]
    assert "packed file: the packed file is cut off" in problems


def test_stream_that_is_cut_or_changed() -> None:
    data = log(packets())
    packed = zlib.compress(data[9:])
    pairs, problems = read(dump(data, packed=packed[:-20]))
    assert pairs[:3] == SESSION[:3] and problems[-1] == "packed file: the packed file is cut off"
    pairs, problems = read(dump(data, packed=packed[:-1] + bytes([packed[-1] ^ 1])))
    assert pairs == SESSION and "incorrect data check" in problems[-1]


@pytest.mark.parametrize("mebibytes", [18, pytest.param(60, marks=pytest.mark.long)])
def test_bomb_is_one_problem(mebibytes: int) -> None:
    data = log(packets())
    bomb = dump(data, packed=zlib.compress(data[9:] + bytes(mebibytes << 20)))
    assert cardlib.read_text(bomb).coverage.total < 17 << 20
    pairs, problems = read(bomb)
    assert pairs == SESSION
    assert [one.split()[0] for one in problems] == [
        "damaged",
        "packed",
    ] and "it swells to more" in problems[1]


def test_record_that_is_damaged_costs_itself_and_the_times_behind_it() -> None:
    rows = packets()
    data = log(rows)
    place = data.index(bytes.fromhex("00000500B2010C00")) - 7
    found = cardlib.read_text(dump(data[:place] + b"\xff" + data[place + 1 :]))
    assert [p.kind for p in found.problems] == ["damaged record"]
    assert [e.command is not None for e in found.exchanges] == [True, False, True, True, True]
    assert [e.start_ns is not None for e in found.exchanges] == [True, False, False, False, False]
    assert found.exchanges[2].context.how == "unknown"
    with pytest.raises(cardlib.CaptureError):
        read(dump(b"\1" + bytes(8) + b"no records"))


def test_times_are_counted_back_from_the_last() -> None:
    found = cardlib.read_text(dump(log(packets())))
    assert (
        found.format == "nfcsnoop (unproven)" and found.problems == () and len(found.sessions) == 1
    )
    assert [exchange.duration_ns for exchange in found.exchanges] == [
        30_005_000,
        *[30_000_000] * 3,
        30_015_000,
    ]  # the last segment
    frames = [frame for exchange in found.exchanges for frame in exchange.frames]
    assert frames[-1].time_ns == (LAST - 7) * 1000


def test_where_the_telephone_is_the_card_it_gets_the_commands() -> None:
    assert read(dump(log(packets(listens=True)))) == (SESSION, [])


def test_log_that_leaves_the_data_out_says_so() -> None:
    rows = [(0, 0, "00 00 0D"), (10, 1, "00 00 14")]
    kind = "damaged frame: the log leaves out the data of this NCI packet"
    assert read(dump(log(rows))) == ([], [kind, kind])


def test_of_several_logs_the_longest_is_read() -> None:
    other = log([(0, 1, "6F 0C 01 00")])
    pairs, problems = read("NFC state: on\n" + dump(other, "VS_LOG_SUMMARY") + dump(log(packets())))
    assert pairs == SESSION
    assert problems == [
        "packed file: 1 more in this file, which are not read: give each a file of its own"
    ]


def test_more_than_android_keeps_is_not_read() -> None:
    data, coverage = capture(), Coverage()
    rows = data + data[9:] * ((3 << 20) // len(data[9:]) + 1)
    *_, last = nfcsnoop.frames(io.BytesIO(rows), coverage)
    assert (
        isinstance(last, Problem)
        and last.start < 1 << 20
        and last.stop == coverage.total == len(rows)
    )
