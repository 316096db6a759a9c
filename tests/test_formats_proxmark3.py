# SPDX-License-Identifier: MIT
"""Records of a Proxmark3: empty ones, damaged ones, parity, a clock that comes back to 0, and what real files hold."""

from __future__ import annotations

import io
import random
import struct
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from test_formats_radio import crc_a
from test_laws import check_format, mutate
from test_project import blocks

import cardlib
from cardlib.core.model import Capture, Coverage, Exchange, Frame, Problem, Session
from cardlib.formats import proxmark3

REQA, ATQA, RATS, ATS = b"\x26", b"\x44\0", crc_a(b"\xe0\x80"), crc_a(b"\x02\x70")
SELECT = crc_a(bytes.fromhex("0200A4040007A000000003101000"))
FCI = crc_a(bytes.fromhex("026F09840 7A0000000031010 9000".replace(" ", "")))


def record(
    ticks: int, data: bytes, card: bool = False, duration: int = 1000, parity: bytes | None = None
) -> bytes:
    """One record with odd parity, first bit on the left; an empty frame has a byte of parity too."""
    bits = "".join(str(1 - bin(byte).count("1") % 2) for byte in data) or "0"
    odd = bytes(int(bits[at : at + 8].ljust(8, "0"), 2) for at in range(0, len(bits), 8))
    return (
        struct.pack("<IHH", ticks % 2**32, duration, len(data) | card << 15)
        + data
        + (parity or odd)
    )


def records(rounds: int = 3, start: int = 1000) -> list[bytes]:
    rows = [(REQA, False), (ATQA, True), (RATS, False), (ATS, True)]
    for number in range(rounds):
        flip = bytes([2 + number % 2])
        rows += [(crc_a(flip + half[1:-2]), card) for half, card in ((SELECT, False), (FCI, True))]
    return [record(start + 10_000 * at, data, card) for at, (data, card) in enumerate(rows)]


def capture() -> bytes:
    return b"".join(records())


def read(data: bytes) -> tuple[list[Frame], list[Problem], Coverage]:
    coverage = Coverage()
    items = list(proxmark3.frames(io.BytesIO(data), coverage))
    assert coverage.total == len(data)
    frames = [item for item in items if isinstance(item, Frame)]
    return frames, [item for item in items if isinstance(item, Problem)], coverage


def exchanges(file: Path, data: bytes) -> Counter[tuple[bytes | None, bytes | None]]:
    file.write_bytes(data)
    found = cardlib.read(file, "Proxmark3 trace")
    assert found.coverage.total == len(data)
    return Counter(
        (e.command and e.command.raw, e.response and e.response.raw) for e in found.exchanges
    )


def test_empty_record_has_a_byte_of_parity() -> None:
    frames, problems, _ = read(record(0, REQA) + record(5, b"", True) + record(9, REQA))
    assert ([frame.data for frame in frames], problems) == ([REQA, b"", REQA], [])


@pytest.mark.parametrize("size", range(1, 60))
def test_stub_and_cut_file(size: int) -> None:
    data = capture()
    frames, problems, _ = read(data[:size])
    whole = [frame.data for frame in read(data)[0]]
    assert [frame.data for frame in frames] == whole[: len(frames)] and len(problems) <= 1


@pytest.mark.parametrize("length", [0x7FFF, 0x7000, 200, 3])
def test_length_that_lies_costs_one_record(length: int) -> None:
    rows = records()
    rows[4] = rows[4][:6] + struct.pack("<H", length) + rows[4][8:]
    frames, problems, coverage = read(b"".join(rows))
    assert len(frames) == len(rows) - 1 and [problem.kind for problem in problems] == [
        "damaged record"
    ]
    assert coverage.damaged == len(rows[4])


def test_parity_that_is_wrong_is_a_problem() -> None:
    frames, problems, _ = read(b"".join(records(1)) + record(90_000, SELECT, parity=b"\0\x01"))
    assert [problem.detail for problem in problems] == [
        "I-block of 16 bytes, technology A: wrong parity"
    ]
    assert not problems[0].gap and frames[-1].note == "I-block; wrong parity"


def test_changed_byte_of_a_frame_never_passes_unmarked(tmp_path: Path) -> None:
    rows, whole = records(), exchanges(tmp_path / "whole", capture())
    for at in range(8, len(rows[4])):
        changed = rows[4][:at] + bytes([rows[4][at] ^ 0x10]) + rows[4][at + 1 :]
        _, problems, _ = read(b"".join([*rows[:4], changed, *rows[5:]]))
        assert problems, at
        found = exchanges(tmp_path / "hit", b"".join([*rows[:4], changed, *rows[5:]]))
        assert (whole - found).total() <= 1


def test_clock_that_wraps() -> None:
    rows = records(start=2**32 - 55_000)
    frames, problems, _ = read(b"".join(rows))
    assert [problem.kind for problem in problems] == ["clock wrapped"] and not problems[0].gap
    times = [frame.time_ns or 0 for frame in frames]
    assert {round(after - before, -2) for before, after in pairwise(times)} == {737500}


def test_clock_that_goes_back_tells_no_times(tmp_path: Path) -> None:
    file = tmp_path / "back"
    file.write_bytes(b"".join([*records(1, start=9_000_000), *records(2)[6:]]))
    found = cardlib.read(file)
    assert [problem.kind for problem in found.problems] == ["times out of order"]
    assert [e.duration_ns is None for e in found.exchanges] == [False, True]


def test_times_are_ticks_of_the_carrier() -> None:
    (frame,), _, _ = read(record(13_560_000, REQA, duration=1356))
    assert (frame.time_ns, frame.end_ns) == (1_000_000_000, 1_000_100_000)
    long, short = crc_a(b"\x02" + bytes(60)), crc_a(b"\x02\0\0\0\0")
    for duration in (0, 0xFFFF):  # 63 bytes of 9 bits and one more, 128 ticks a bit
        (frame, other), _, _ = read(
            record(0, long, duration=duration) + record(99_999, short, duration=duration)
        )
        assert frame.end_ns == 568 * 128 * 1_000_000_000 // 13_560_000 and other.end_ns is None


def test_recognises_records_only() -> None:
    assert proxmark3.recognises(capture()) == pytest.approx(0.8)
    assert proxmark3.recognises(b"\xff\0" + capture()) > 0.6
    for data in (
        b"",
        b"\0",
        bytes(5000),
        b"> 00A40400\n< 9000\n" * 50,
        b"\xd4\xc3\xb2\xa1\2\0\4\0" + bytes(300),
    ):
        assert proxmark3.recognises(data) < 0.1, data[:20]


def test_noise_between_records_costs_nothing_else(tmp_path: Path) -> None:
    rows, noise = records(), random.Random(3).randbytes(70_000)
    found = exchanges(tmp_path / "noise", b"".join(rows[:6]) + noise + b"".join(rows[6:]))
    assert exchanges(tmp_path / "whole", capture()) - found == Counter()


def check_mutations(file: Path, seeds: range) -> None:
    whole = exchanges(file, capture())
    for seed in seeds:
        found = exchanges(file, mutate(capture(), seed))
        assert (whole - found).total() <= 2, seed


def test_one_damaged_place_costs_little(tmp_path: Path) -> None:
    check_mutations(tmp_path / "file", range(200))


@pytest.mark.long
def test_one_damaged_place_costs_little_often(tmp_path: Path) -> None:
    check_mutations(tmp_path / "file", range(20_000))


def test_random_bytes_hold_the_laws() -> None:
    for seed in range(30):
        check_format(proxmark3, random.Random(seed).randbytes(3000))  # type: ignore[arg-type]


def test_example_of_the_page() -> None:
    [(name, text)] = blocks("docs/formats.md", "text record")
    frames, problems, _ = read(bytes.fromhex(text))
    assert (name, [frame.note for frame in frames], problems) == (
        proxmark3.NAME,
        ["REQA", "ATQA"],
        [],
    )
    assert [(frame.end_ns or 0) - (frame.time_ns or 0) for frame in frames] == [73156, 174631]


def real(folder: Path, name: str) -> Capture:
    capture = cardlib.read(folder / f"proxmark3/{name}.trace")
    assert capture.format == "Proxmark3 trace" and capture.coverage.damaged == 0
    assert {(session.clock, session.interface) for session in capture.sessions} == {
        ("rf", "contactless")
    }
    return capture


def senders(capture: Capture) -> list[int]:
    frames = [
        f for s in capture.sessions for g in (s.frames, *(e.frames for e in s.exchanges)) for f in g
    ]
    return [sum(frame.sender == sender for frame in frames) for sender in ("reader", "card")]


def noted(session: Session) -> list[str]:
    return [frame.note for frame in session.frames]


def heard(session: Session) -> list[Frame]:
    """All frames of a session, those of its exchanges too, in the order of the file."""
    of_exchanges = [frame for exchange in session.exchanges for frame in exchange.frames]
    return sorted([*session.frames, *of_exchanges], key=lambda frame: frame.index)


def all_notes(session: Session) -> list[str]:
    return [frame.note for frame in heard(session)]


def hexes(exchange: Exchange) -> tuple[str, str | None]:
    assert exchange.command
    return (
        exchange.command.raw.hex().upper(),
        exchange.response and exchange.response.raw.hex().upper(),
    )


def test_payment_card(real_captures: Path) -> None:
    capture = real(real_captures, "hf_visa_apple_ecp")
    (session,) = capture.sessions
    assert senders(capture) == [21, 13] and capture.problems == ()
    assert noted(session).count("enhanced contactless polling") == 2
    assert session.atr == bytes.fromhex("0578807002")
    assert noted(session)[-3:] == ["SAK, UID 08DFBFF2", "RATS", "ATS"]
    first, second, third = capture.exchanges
    assert hexes(first)[0] == "00A404000E325041592E5359532E444446303100"
    assert first.response and (len(first.response.data), first.response.sw) == (44, 0x9000)
    assert hexes(second)[0] == "00A4040007A000000003101000"
    assert second.response and (len(second.response.raw), second.response.sw) == (70, 0x9000)
    assert [frame.note for frame in second.frames] == ["I-block", "I-block", "R(ACK)", "I-block"]
    assert hexes(third)[0].startswith("80A80000378335") and "32804000" in hexes(third)[0]
    assert hexes(third)[1] == "6986"
    assert [frame.note for frame in third.frames] == ["I-block", "S(WTX)", "S(WTX)", "I-block"]


def test_delays_of_a_payment_card_by_hand(real_captures: Path) -> None:
    first, second, _ = real(real_captures, "hf_visa_apple_ecp").exchanges
    # Start of the answer, less start and length of the command, all read off the records, in 1/13.56 MHz.
    assert abs((first.duration_ns or 0) - (131483463 - 131308035 - 26592) / 13.56e-3) < 2
    assert abs((second.duration_ns or 0) - (132949303 - 132528371 - 18528) / 13.56e-3) < 2


def test_desfire(real_captures: Path) -> None:
    capture = real(real_captures, "hf_mfdes_sniff")
    assert senders(capture) == [31, 22]
    assert [session.atr and session.atr.hex() for session in capture.sessions] == [
        "067577810280",
        None,
        "067577810280",
    ]
    for session in (capture.sessions[0], capture.sessions[2]):
        assert "SAK, UID 046F169AFC2E80" in noted(session)
        assert [frame.kind for frame in session.frames if frame.note.startswith("PPS")] == [
            "pps",
            "pps",
        ]
    commands = [hexes(exchange)[0][:4] for exchange in capture.exchanges]
    assert commands == ["00A4", "905A", "901A", "90AF", "90F5", "90BD", "90BD", "905A"]
    assert [exchange.response is None for exchange in capture.exchanges] == [False] * 6 + [True] * 2
    assert all(
        frame.data[0] & 8 for e in capture.exchanges for frame in e.frames if frame.kind == "block"
    )  # CID in each block
    assert (
        abs((capture.exchanges[0].duration_ns or 0) - (18649191 - 18613795 - 18528) / 13.56e-3) < 2
    )
    # A frame whose last bytes are the CRC of 50 00 alone, not of all that stands before it.
    assert [(problem.kind, problem.raw.hex()) for problem in capture.problems] == [
        ("damaged frame", "0a00500057cd")
    ]


def test_mifare_classic_is_encrypted_not_damaged(real_captures: Path) -> None:
    capture = real(real_captures, "hf_mf_hid_sio_sim")
    assert capture.problems == ()
    assert [exchange.protocol for exchange in capture.exchanges] == ["classic", *["crypto1"] * 14]
    assert sum(senders(capture)) == 46
    notes = [note for session in capture.sessions for note in all_notes(session)]
    assert Counter(notes)["encrypted"] == 28 and notes.count("SAK, UID 56DD8978") == 2
    assert notes[10:13] == ["MIFARE Classic authentication, key A", "nonce", "encrypted"]


def test_empty_records(real_captures: Path) -> None:
    capture = real(real_captures, "hf_iclass_sniff")
    frames = [frame for session in capture.sessions for frame in heard(session)]
    assert (len(frames), sum(not frame.data for frame in frames), capture.problems) == (31, 3, ())
    assert len(capture.sessions) == 3


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("hf_14b_reader", ["REQB or WUPB", "ATQB"]),
        ("hf_15_reader", ["inventory", "answer to inventory, UID E00780983E796083"]),
    ],
)
def test_other_technologies(real_captures: Path, name: str, wanted: list[str]) -> None:
    capture = real(real_captures, name)
    notes = [all_notes(session) for session in capture.sessions]
    assert notes == [wanted] and capture.problems == ()


def test_ultralight(real_captures: Path) -> None:
    capture = real(real_captures, "hf_14a_mfu")
    assert all_notes(capture.sessions[0])[9:] == [
        "SAK, UID 04A81D12DE5F80",
        "PWD_AUTH",
        "PACK",
        *["READ", "four pages"] * 5,
    ]
    capture = real(real_captures, "hf_14a_mfuc_defaultkey")
    frames = heard(capture.sessions[0])
    assert [frame.note for frame in frames[10:14:2]] == [
        "AUTHENTICATE",
        "AUTHENTICATE, second part",
    ]
    assert frames[10].data[:2].hex() == "1a00" and capture.problems == ()
