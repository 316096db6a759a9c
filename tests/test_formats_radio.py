# SPDX-License-Identifier: MIT
"""Radio frames: check sums against published examples, names by technology, what is damaged and what is encrypted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardlib.core.blocks import NO_CRC
from cardlib.core.model import Frame, Problem, Sender, Session
from cardlib.formats.radio import Radio, crc_fits, technology_of

SENDERS: dict[str, Sender] = {">": "reader", "<": "card", "?": "none"}


def crc_a(data: bytes, register: int = 0x6363, last: int = 0) -> bytes:
    """A frame with its CRC, bit by bit (ISO/IEC 14443-3, 6.2.4)."""
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x8408 if register & 1 else 0)
    return data + (register ^ last).to_bytes(2, "little")


def crc_b(data: bytes) -> bytes:
    return crc_a(data, 0xFFFF, 0xFFFF)


def frame(text: str, index: int = 0) -> Frame:
    """`>26` is from the reader; `+` at the end puts the CRC of type A behind it, `~` that of type B."""
    data = bytes.fromhex(text[1:].rstrip("+~"))
    data = crc_a(data) if text[-1] == "+" else crc_b(data) if text[-1] == "~" else data
    return Frame(index, index * 1000, SENDERS[text[0]], "rf", data, index + 1, 0, len(data))


def taken(lines: str, technology: str = "", crc: bool = True) -> list[Frame | Session | Problem]:
    radio = Radio("rf", "1 ns")
    return [
        item
        for i, line in enumerate(lines.split())
        for item in radio.take(frame(line, i), technology, crc)
    ]


def notes(lines: str, technology: str = "", crc: bool = True) -> str:
    """The notes of the frames; `|` where a session begins, `!` and the detail where there is a problem."""
    words = []
    for item in taken(lines, technology, crc):
        words.append(
            "|"
            if isinstance(item, Session)
            else f"!{item.detail}"
            if isinstance(item, Problem)
            else item.note
        )
    return ", ".join(words)


# ISO/IEC 14443-3, annex B: the published examples.
EXAMPLES = [
    ("A", "0000A01E"),
    ("A", "123426CF"),
    ("B", "000000CCC6"),
    ("B", "0FAAFFFCD1"),
    ("B", "0A1234562CF6"),
]
EXAMPLES += [("F", "0600FFFF00033942"), ("V", "260100F60A")]  # and frames that real devices sent


@pytest.mark.parametrize(("technology", "text"), EXAMPLES)
def test_check_sums(technology: str, text: str) -> None:
    data = bytes.fromhex(text)
    assert crc_fits(technology, data)
    for at in range(len(data) * 8):
        wrong = (int.from_bytes(data, "big") ^ 1 << at).to_bytes(len(data), "big")
        assert not crc_fits(technology, wrong)
    assert not crc_fits(technology, data[:2]) and not crc_fits(technology, b"")


NAMES = [
    ("A", ">26 <4400", "|, REQA, ATQA"),
    (
        "A",
        ">52 <0400 >9320 <56DD89787A >937056DD89787A+ <08+",
        "|, WUPA, ATQA, anticollision CL1, UID CL1, SELECT CL1, SAK, UID 56DD8978",
    ),
    (
        "A",
        ">93708804A81D39+ <04+ >957012DE5F8013+ <00+",
        "|, SELECT CL1, SAK, SELECT CL2, SAK, UID 04A81D12DE5F80",
    ),
    ("A", ">E080+ <067577810280+ >D01105+ <D0+", "|, RATS, ATS, PPS, PPS answer"),
    (
        "A",
        ">0200A40400+ <029000+ >A3+ <B2+ >F201+ >C2+",
        "|, I-block, I-block, R(ACK), R(NAK), S(WTX), S(DESELECT)",
    ),
    ("A", ">26 >1A00+ <AF0102+", "|, REQA, AUTHENTICATE, AUTHENTICATE answer"),
    ("A", ">26 >A20401020304+ <0A", "|, REQA, WRITE, ACK"),
    ("A", ">26 >3000+ <00", "|, REQA, READ, NAK or error"),
    ("A", ">26 >60+ <0004030101000B03+", "|, REQA, GET_VERSION, version"),
    ("A", ">77+", "|, no name known"),
    ("A", "?26", "|, no name known"),
    ("B", ">050008~ <50820DE17420381922002185~", "|, REQB or WUPB, ATQB"),
    ("B", ">1D820DE17400080100~ <00~ >0A0100~", "|, ATTRIB, answer to ATTRIB, I-block"),
    (
        "V",
        ">260100~ <00018360793E988007E0~",
        "|, inventory, answer to inventory, UID E00780983E796083",
    ),
    ("V", ">022001~ <00AABBCCDD~", "|, read single block, answer to read single block"),
    (
        "F",
        ">0600FFFF00033942 <1201012E4CD8A31652BA00F10000000143001880",
        "|, polling, answer to polling, IDm 012E4CD8A31652BA",
    ),
    ("P", ">0A < >0C", "|, ACTALL, start of frame, IDENTIFY"),
]


@pytest.mark.parametrize(("technology", "lines", "wanted"), NAMES)
def test_names(technology: str, lines: str, wanted: str) -> None:
    assert notes(lines, technology) == wanted
    if technology in "AB" and lines[1:3] in ("26", "52", "05"):
        assert notes(lines) == wanted  # told from the frames themselves


def test_wrong_check_sum_is_a_problem_and_the_frame_is_kept() -> None:
    head, problem, found = taken(">0200A404001234", "A")
    assert isinstance(head, Session) and isinstance(problem, Problem) and isinstance(found, Frame)
    assert (problem.kind, problem.gap, problem.raw) == ("damaged frame", True, found.data)
    assert problem.detail == "frame of 7 bytes, technology A: wrong CRC"
    assert (found.kind, found.note) == ("rf", "no name known; wrong CRC")


def test_wrong_check_byte_of_the_uid() -> None:
    assert "!UID CL1 of 5 bytes, technology A: the check byte of the UID is wrong" in notes(
        ">26 >9320 <56DD89787B", "A"
    )


def test_encrypted_frames_are_no_damage() -> None:
    found = notes(
        ">26 >9370112233440044+ <08+ >6004+ <01020304 >1122334455667788 <99AABBCC >26 >9320"
    )
    assert found.endswith("key A, nonce, encrypted, encrypted, |, REQA, anticollision CL1")
    assert "!MIFARE" not in found


def test_damage_begins_no_encryption_and_a_fitting_check_sum_ends_it() -> None:
    damaged = notes(">26 >60803173 <0270+ >0200A40400+")
    assert "encrypted" not in damaged and damaged.endswith("I-block")
    assert notes(">26 >6004+ <01020304 >11223344 >0200A40400+").endswith(
        "nonce, encrypted, I-block"
    )


def test_frames_of_ones_tell_no_technology() -> None:
    assert (
        technology_of("reader", b"\xff" * 4, "A") == "A"
        and technology_of("reader", crc_a(b"\2\0"), "V") == "A"
    )


def test_left_out_check_sums_are_noted_on_blocks() -> None:
    items = taken(">26 <4400 >E080 <0270 >0200A40400 <029000", "A", crc=False)
    frames = [item for item in items if isinstance(item, Frame)]
    assert [NO_CRC in one.note for one in frames] == [False, False, True, True, True, True]
    assert [one.kind for one in frames] == ["rf", "rf", "rf", "ats", "block", "block"]


def test_activation_after_use_begins_a_session() -> None:
    assert (
        notes(">26 >26 >52 >E080+ <0270+ >26 >52")
        == "|, REQA, REQA, WUPA, RATS, ATS, |, REQA, WUPA"
    )


def test_commands_of_a_memory_card_are_no_blocks_and_lost_activation_costs_no_block() -> None:
    assert notes(">26 <4400 >1A00+ <AF00+") == "|, REQA, ATQA, AUTHENTICATE, AUTHENTICATE answer"
    assert (
        notes(">26 <4400 >0200A40400+ <029000+ >1A00+")
        == "|, REQA, ATQA, I-block, I-block, I-block"
    )


def test_technology_is_told_by_how_activation_begins() -> None:
    found = [
        technology_of(frame(text).sender, frame(text).data, "A")
        for text in (">26", ">0A", ">050008~", ">260100~", ">0200A404+", "<1122")
    ]
    assert found == ["A", "P", "B", "V", "A", "A"]


@given(
    lines=st.lists(st.tuples(st.sampled_from("><?"), st.binary(max_size=9)), max_size=20),
    technology=st.sampled_from(["", "A", "B", "F", "V", "P"]),
    crc=st.booleans(),
)
def test_any_frames(lines: list[tuple[str, bytes]], technology: str, crc: bool) -> None:
    words = " ".join(mark + data.hex() for mark, data in lines)
    frames = [item for item in taken(words, technology, crc) if isinstance(item, Frame)]
    assert [one.data for one in frames] == [data for _, data in lines]
    assert all(one.note for one in frames)
