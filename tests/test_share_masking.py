# SPDX-License-Identifier: MIT
"""Masking: which digits of what are hidden, in values, texts, parents, frames; and which captures are shown in clear.

That nothing gets past it is what test_secrets.py shows.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_secrets import (
    NAME,
    PAN,
    PIN,
    SELECTED,
    TRACK2,
    capture,
    command,
    pin_block,
    read_record,
    text,
    tlv,
)

import cardlib
from cardlib.core.codec import to_hex
from cardlib.core.model import Exchange, Fact, Frame, Node
from cardlib.share import ours
from cardlib.share.masked_frames import frame_hex, frame_note
from cardlib.share.masking import Shown, handing_on, hide, shown, shown_node
from cardlib.share.ours import is_ours, revealed


def answer(data: str, *more: str) -> Shown:
    """The masked answer to READ RECORD in a payment application."""
    return shown(capture(*SELECTED, *read_record(1, tlv("70", data))).exchanges[-1])[-1]


def told(view: Shown, tag: str) -> tuple[str, str]:
    node = view.node.find(tag)
    assert node
    return view.value_hex_of(node), view.text_of(node)


def test_pan_keeps_six_and_four() -> None:
    view = answer(tlv("5A", PAN))
    assert told(view, "5A") == ("476173******0119", "476173******0119")
    assert view.hex == "700A5A08476173******01199000"
    node = view.node.find("70")
    assert node and view.hex_of(node) == "700A5A08476173******0119"


def test_pan_with_padding_keeps_its_own_last_four() -> None:
    assert (
        told(answer(tlv("5A", "374245455400126F")), "5A")[0]
        == "374245*****0126F"[:6] + "*****0126F"
    )


def test_pan_cut_off_or_too_short_is_hidden_whole() -> None:
    view = shown(capture(*SELECTED, *read_record(1, f"700A5A08{PAN[:14]}")).exchanges[-1])[-1]
    assert told(view, "5A")[0] == "*" * 14
    assert told(answer(tlv("5A", "123456")), "5A") == (
        "******",
        "*" * 6 + told(answer(tlv("5A", "123456")), "5A")[1][6:],
    )


TRACK = "4761739001010119D27122011234567890000F"[:38]
BROKEN = {  # in place of an answer to READ RECORD: what must not be shown of it
    "a length that runs over the end": (f"70125A0A{PAN}9000", PAN[6:]),
    "a length that is none": (f"70125F24032712315A80{PAN}9000", PAN[6:]),
    "an object before it that is too long": (f"70145F24832712315A08{PAN}9000", PAN[6:]),
    "a template tag that was lost": (f"155713{TRACK}9000", PAN[6:]),
    "a template tag with a wrong bit": (f"60155713{TRACK}9000", PAN[6:]),
    "a status word that was lost": (f"70155713{TRACK}", PAN[6:]),
    "a name behind a wrong length": ("70205F24135F201A4D4152494F2F504552455A9000", "4152494F2F50"),
    "a track cut off": (f"70205720{TRACK[:24]}9000", PAN[6:]),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_secret_behind_its_tag_is_hidden_although_the_answer_broke(name: str) -> None:
    data, secret = BROKEN[name]
    for before in (SELECTED, ()):
        view = shown(capture(*before, "00B2010C00", data).exchanges[-1])[-1]
        assert secret not in view.hex
        assert all(secret not in view.value_hex_of(node) for _, node in view.node.walk())


@pytest.mark.parametrize(
    "data",
    [
        "70129F36835A08ABCDEF01234567899000",  # no digits behind tag and length
        "70209F365F20FF80FF81FF829000",  # no text
        "70209F3682475A0123459000",  # too few digits
        f"{b'TV has a picture that was made by somebody else'.hex().upper()}9000",  # V is 56
    ],
)
def test_a_tag_without_a_value_of_its_form_hides_nothing(data: str) -> None:
    assert shown(capture(*SELECTED, "00B2010C00", data).exchanges[-1])[-1].hex == data


def test_name_track_and_pin_become_asterisks_of_the_same_length() -> None:
    view = answer(tlv("5F20", text(NAME)) + tlv("57", TRACK2))
    assert told(view, "5F20") == ("*" * 28, "*" * 14)
    assert set(told(view, "57")[0]) == {"*"} and set(told(view, "57")[1]) == {"*"}
    command_half = shown(capture(command("00200080", pin_block(PIN)), "9000").exchanges[0])[0]
    assert command_half.hex == "0020008008" + "*" * 16


def test_reveal_shows_all() -> None:
    view = shown(
        capture(*SELECTED, *read_record(1, tlv("70", tlv("5A", PAN)))).exchanges[-1], reveal=True
    )[-1]
    assert told(view, "5A") == (PAN, PAN)


@pytest.mark.parametrize(
    "value", ["0123456789012345", "9999999999999999", "00000000000000000000", "4111111111111112"]
)
def test_numbers_that_are_no_pan_stay(value: str) -> None:
    assert told(answer(tlv("DF7F", value)), "DF7F")[0] == value


def test_what_looks_like_a_pan_is_closed_to_others_only() -> None:
    data = tlv("DF7F", "0A" + "41" * 40) + tlv("9F1E", PAN)
    assert told(answer(data), "DF7F")[0] == "0A" + "41" * 40
    assert told(answer(data), "9F1E")[0] == PAN
    with handing_on():
        assert told(answer(data), "DF7F")[0] == "*" * 82
        assert told(answer(data), "9F1E")[0] == "*" * 16


def test_template_text_with_a_hidden_part_is_hidden() -> None:
    fact = Fact("", "whole", lambda value: "text of it all")
    inner = Fact("", "part", to_hex, sensitive="key")
    buf = bytes.fromhex("0102030405")
    node = Node(fact, buf, 0, 0, 5, (Node(inner, buf, 1, 1, 3),))
    view = shown_node(node)
    assert (view.hex, view.text_of(node)) == ("01****0405", "*" * 14)


def test_what_is_made_of_a_secret_is_hidden_too() -> None:
    buf, opened = bytes.fromhex("0102030405"), bytes.fromhex("AABBCCDD")
    made = Node(Fact("", "opened", to_hex), opened, 0, 0, 4, derived="deciphered")
    plain = Node(Fact("", "made"), bytes.fromhex("EEEE"), 0, 0, 2, derived="joined")
    root = Node(
        Fact("", "all"),
        buf,
        0,
        0,
        5,
        (Node(Fact("", "key", to_hex, sensitive="key"), buf, 0, 0, 5, (made,)), plain),
    )
    view = shown_node(root)
    assert (view.hex_of(made), view.value_hex_of(made), view.text_of(made)) == (
        "*" * 8,
        "*" * 8,
        "*" * 8,
    )
    assert view.hex_of(plain) == "EEEE"
    assert view.hex_of(Node(Fact("", "of elsewhere"), b"\x01\x02", 0, 0, 2)) == "****"


def test_frames_are_masked_as_the_halves() -> None:
    long = tlv("70", tlv("5A", PAN))
    lines = (
        "00B2010C00",
        f"{PAN}6C0C",
        "00B2010C0C",
        long[:10] + "6107",
        "00C0000007",
        long[10:] + "9000",
    )
    exchange = capture(*SELECTED, *lines).exchanges[-1]
    texts = frame_hex(exchange, shown(exchange))
    assert texts[1] == "*" * 16 + "6C0C"
    assert texts[0] == texts[2].replace("0C0C", "0C00") and texts[4] == "00C0000007"
    assert "".join((texts[3][:-4], texts[5][:-4])) == "700A5A08476173******0119"
    assert (
        "".join(frame_hex(exchange, [], reveal=True)[3:6:2])
        == long[:10] + "6107" + long[10:] + "9000"
    )


def test_an_atr_is_shown_in_frames() -> None:
    frame = Frame(0, None, "card", "atr", bytes.fromhex("3B6500005452414345"), 1, 0, 9)
    assert frame_hex(Exchange(0, 0, None, None, frames=(frame,)), []) == ["3B6500005452414345"]


def test_number_of_a_card_in_the_note_of_a_frame() -> None:
    for note, shown_note in (
        ("SAK, UID 56DD8978; wrong CRC", "SAK, UID ********; wrong CRC"),
        ("UID CL1", "UID CL1"),
    ):
        frame = Frame(0, None, "card", "rf", b"", 1, 0, 0, note)
        assert (frame_note(frame), frame_note(frame, reveal=True)) == (shown_note, note)


def test_hide() -> None:
    assert hide("0123456789", [(2, 4), (8, 8), (9, 5)]) == "01**456789"


@given(st.binary(max_size=60))
def test_masked_text_differs_from_the_hex_in_asterisks_only(data: bytes) -> None:
    one = capture("00B2010C00", to_hex(data) + "9000")
    for view in shown(one.exchanges[0]):
        raw = to_hex(view.node.buf)
        assert len(view.hex) == len(raw)
        assert all(a in (b, "*") for a, b in zip(view.hex, raw, strict=True))


def test_own_traces_are_shown_in_clear(tmp_path: Path) -> None:
    file, index = tmp_path / "a.txt", tmp_path / "traces.toml"
    file.write_text("> 00A4040000\n< 9000\n", "utf-8")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    index.write_text(
        f'["a.txt"]\nsha256 = "{digest}"\n["b.txt"]\nsha256 = "{digest}"\n[c]\n', "utf-8"
    )
    assert (
        is_ours(file, tmp_path)
        and is_ours(str(file), tmp_path)
        and is_ours(cardlib.read(file), tmp_path)
    )
    assert not is_ours(tmp_path / "b.txt", tmp_path)
    assert not is_ours(cardlib.read(file).exchanges, tmp_path)
    assert not is_ours(file, tmp_path / "none")
    file.write_text("> 00A4040000\n< 9001\n", "utf-8")
    assert not is_ours(file, tmp_path)
    assert (revealed(file, None), revealed(file, True), revealed(file, False)) == (
        False,
        True,
        False,
    )


def test_shipped_traces_are_ours() -> None:
    traces = sorted(ours.TRACES.glob("*.card.jsonl"))
    assert traces and all(is_ours(trace) for trace in traces)


def test_bytes_without_a_row_are_shown_to_me_and_closed_to_others() -> None:
    def masked(data: str) -> str:
        return shown(capture("00B2010C00", f"{data}9000").exchanges[0])[-1].hex[:-4]

    track = text(f"{PAN}={'2512221'}")
    for data in (f"FFEE{TRACK2}", f"FFEE{track}", f"FFEE{text(PAN)}FF", f"FFEE{pin_block(PIN)}"):
        assert masked(data) == data
        with handing_on():
            assert masked(data) == "*" * len(data)


def test_a_value_that_is_secret_elsewhere_is_hidden_wherever_it_comes() -> None:
    """In other exchanges: at the other nibble, in ASCII, in UTF-16, in part, and whole however short."""
    unknown = (PAN, f"F{PAN}F", text(PAN), PAN.encode("utf-16-le").hex().upper(), PAN[:8])
    lines = [line for data in unknown for line in read_record(2, tlv("70", tlv("DF7F", data)))]
    one = capture(*SELECTED, *read_record(1, tlv("70", tlv("5A", PAN))), *lines)
    values = [told(shown(exchange)[-1], "DF7F")[0] for exchange in one.exchanges[2:]]
    assert [value.count("*") for value in values] == [6, 6, 12, 24, 2]
    assert values[1] == "F476173******0119F" and values[4] == "476173**"
    name = text("DOE")
    one = capture(
        *SELECTED,
        *read_record(1, tlv("70", tlv("5F20", name))),
        *read_record(2, tlv("70", tlv("DF7F", name))),
    )
    assert told(shown(one.exchanges[2])[-1], "DF7F")[0] == "******"


def test_a_secret_that_is_split_over_two_reads_is_hidden_in_both() -> None:
    first, second = tlv("70", tlv("5F20", text(NAME))), text(NAME)
    one = capture(
        *SELECTED,
        *read_record(1, first),
        "00B0000003",
        f"{second[:6]}9000",
        "00B0000300",
        f"{second[6:]}009000",
    )
    assert [shown(exchange)[-1].hex for exchange in one.exchanges[2:]] == [
        "*" * 6 + "9000",
        "*" * (len(second) - 6) + "009000",
    ]


def test_a_label_stays_and_a_command_taken_for_an_answer_does_not() -> None:
    for label in ("TEST CREDIT", "VISA CREDIT"):
        assert told(answer(tlv("50", text(label))), "50") == (text(label), label)
    verify = command("00200080", text(PIN))
    log = cardlib.read_text(f"< {verify}\n< 9000\n", from_card="<")
    assert shown(log.exchanges[0])[-1].hex.endswith("*" * 10)
