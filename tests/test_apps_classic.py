# SPDX-License-Identifier: MIT
"""Sessions of MIFARE Classic opened with a key: damaged and wrong ones first, then the one that mfkey64 prints.

That session is in the readme of the program, with its key; in clear, the check sums of all its frames fit.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chip_captures import crc_of

import cardlib
from cardlib import Capture
from cardlib.core.errors import DictionaryError
from cardlib.crypto import crypto1

UID, KEY = "14579F69", "091E639CB715"
BEGIN = (">6004", "<CE844261", ")F8049CCB0525C84F", "(9431CC40")
READS = (")7093DF99", "(9972428CE2E8523F456B99C831E769DCED09")
NEXT = (")8CA6827B", "(AB797FD369E8B93A86776B40DAE3EF686EFD")
PUBLISHED = (*BEGIN, *READS, *NEXT)
VALUE = "0A000000F5FFFFFF0A00000014EB14EB"  # a value block, by hand: 10, its inverse, 10, place 14


def ring(folder: Path, *values: str) -> Path:
    file = folder / "keys.toml"
    rows = [
        f'[[key]]\nuse = "classic"\nnote = "sector {at}"\nvalue = "{v}"'
        for at, v in enumerate(values)
    ]
    file.write_text("\n".join(rows))
    return file


def heard(folder: Path, halves: tuple[str, ...], *keys: str, uid: str = UID) -> Capture:
    """Frames of a card that was selected; `)` and `(` are enciphered."""
    rows = [("card", "rf", "08", f"SAK, UID {uid}")] if uid else []
    for half in halves:
        sender = "reader" if half[0] in ">)" else "card"
        kind = "crypto1" if half[0] in ")(" else "classic"
        data = bytes.fromhex(half[1:])
        if half[0] == ">":
            data += crc_of("A", data)
        rows.append((sender, kind, data.hex(), ""))
    text = ['{"card_capture": 1}', '{"session": 0, "interface": "contactless"}']
    for sender, kind, hexed, note in rows:
        text.append(
            json.dumps({"t": None, "from": sender, "kind": kind, "data": hexed, "note": note})
        )
    file = folder / "heard.card.jsonl"
    file.write_text("\n".join(text))
    return cardlib.read(file, keys=[ring(folder, *keys)] if keys else [])


def shown(capture: Capture) -> list[str]:
    return [str(cardlib.decode(exchange)) for exchange in capture.exchanges]


class Card:
    """The enciphered side of a dialogue, made with the functions that are under test for the published one."""

    def __init__(self, session: crypto1.Session) -> None:
        self.session = session

    def says(self, plain: str, mark: str) -> str:
        data = bytes.fromhex(plain)
        bits = 4
        if len(data) > 1:
            data, bits = data + crc_of("A", data), 8 * (len(data) + 2)
        sealed, self.session = crypto1.opened(self.session, data, bits)
        return mark + sealed.hex()


def begun() -> Card:
    halves = (bytes.fromhex(part) for part in (KEY, UID, "CE844261", "F8049CCB", "0525C84F"))
    session = crypto1.proved(*halves)
    assert session is not None
    _, behind = crypto1.opened(session, bytes(4), 32)
    return Card(behind)


@pytest.mark.parametrize("keys", [("091E639CB716",), ("FFFFFFFFFFFF", "000000000000")])
def test_a_wrong_key_is_one_line_and_all_else_as_without(
    tmp_path: Path, keys: tuple[str, ...]
) -> None:
    without, wrong = shown(heard(tmp_path, PUBLISHED)), shown(heard(tmp_path, PUBLISHED, *keys))
    changed = [pair for pair in zip(without, wrong, strict=True) if pair[0] != pair[1]]
    ((before, after),) = changed
    assert after.replace("  !! no key given makes it", "") == before


@pytest.mark.parametrize("uid", ["14579F68", ""])
def test_another_number_or_none_opens_nothing(tmp_path: Path, uid: str) -> None:
    text = "\n".join(shown(heard(tmp_path, PUBLISHED, KEY, uid=uid)))
    assert "in clear" not in text and "verified" not in text


@pytest.mark.parametrize(
    "halves",
    [
        (*BEGIN, ")7093DF98", READS[1], *NEXT),  # one bit of a command
        (*BEGIN, READS[0], READS[1][:-1] + "8", *NEXT),  # one bit of an answer
        (*BEGIN, READS[0], READS[1][:21], *NEXT),  # half a block
        (*BEGIN, READS[0], *NEXT),  # an answer that is missing
        (*BEGIN, ")" + "00" * 65, *NEXT),  # no frame of this chip is so long
        (*BEGIN[:3], "(9431CC41", *NEXT),  # not the answer of a card with that key
    ],
)
def test_after_damage_nothing_more_is_opened(tmp_path: Path, halves: tuple[str, ...]) -> None:
    last = shown(heard(tmp_path, halves, KEY))[-1]
    assert "in clear" not in last.replace("not opened", "")


def test_the_published_session_is_opened(tmp_path: Path) -> None:
    _, proof, first, second = shown(heard(tmp_path, PUBLISHED, KEY))
    assert "verified with sector 0" in proof and "Encrypted proof of the card  (verified)" in proof
    assert "block  14  = 20" in first and "C26935CFDB95C4B4A27A84B8217AE9E4" in first
    assert "block  15  = 21" in second and "493167C536C30F8E220B09675687067D" in second


def test_a_block_is_written_and_a_value_counted_down(tmp_path: Path) -> None:
    card = begun()
    halves = [card.says("A014", ")"), card.says("0A", "(")]
    halves += [card.says(VALUE, ")"), card.says("0A", "(")]
    halves += [card.says("C014", ")"), card.says("0A", "("), card.says("01000000", ")")]
    halves += [card.says("3014", ")"), card.says(VALUE, "("), card.says("5000", ")")]
    _, _, write, data, down, _, read, halt = shown(heard(tmp_path, (*BEGIN, *halves), KEY))
    assert "WRITE" in write and "ACK" in write
    assert f"data for the command before  {VALUE}" in data
    assert "DECREMENT" in down and "value  0A000000" in read and "HALT" in halt


def test_a_refusal_has_no_data_behind_it(tmp_path: Path) -> None:
    card = begun()
    halves = [
        card.says("A014", ")"),
        card.says("04", "("),
        card.says("3014", ")"),
        card.says(VALUE, "("),
    ]
    refused, read = shown(heard(tmp_path, (*BEGIN, *halves), KEY))[2:]
    assert "not allowed" in refused and "READ" in read


@pytest.mark.parametrize(("second", "is_open"), [("A0A1A2A3A4A5", True), ("A0A1A2A3A4A6", False)])
def test_an_authentication_inside_a_session(tmp_path: Path, second: str, is_open: bool) -> None:
    card = begun()
    asked = card.says("6108", ")")
    key, nonce, chosen = (bytes.fromhex(part) for part in ("A0A1A2A3A4A5", "82A4166C", "A1E458CE"))
    sealed, answer = nested(key, bytes.fromhex(UID), nonce, chosen)
    session = crypto1.proved(key, bytes.fromhex(UID), sealed, chosen, answer, is_nested=True)
    assert session is not None and session.nonce == nonce
    proof, behind = crypto1.opened(session, crypto1.answer_of_card(session), 32)
    card.session = behind
    halves = (
        asked,
        "(" + sealed.hex(),
        ")" + (chosen + answer).hex(),
        "(" + proof.hex(),
        card.says("3008", ")"),
    )
    texts = shown(heard(tmp_path, (*BEGIN, *halves), KEY, second))
    assert "AUTHENTICATE, key B" in texts[2]
    assert ("verified with sector 1" in texts[3]) is is_open
    assert ("block  08  = 8" in texts[4]) is is_open


def nested(key: bytes, uid: bytes, nonce: bytes, chosen: bytes) -> tuple[bytes, bytes]:
    """The enciphered nonce, and the answer of a reader to it: there is one that the key makes."""
    cipher = crypto1._Cipher(crypto1._bits(key))
    stream = cipher.feed(crypto1._bits(nonce) ^ crypto1._bits(uid), is_enciphered=False)
    sealed = (crypto1._bits(nonce) ^ stream).to_bytes(4, "little")
    cipher.feed(crypto1._bits(chosen), is_enciphered=True)
    answer = crypto1._steps(crypto1._bits(nonce), 64) ^ cipher.stream(32)
    return sealed, answer.to_bytes(4, "little")


def test_another_card_begins_anew(tmp_path: Path) -> None:
    capture = heard(tmp_path, (*BEGIN, *READS), KEY)
    assert "in clear" in shown(capture)[-1]
    other = heard(tmp_path, (*READS,), KEY)
    assert "in clear" not in shown(other)[-1]


def test_a_key_has_six_bytes(tmp_path: Path) -> None:
    with pytest.raises(DictionaryError):
        heard(tmp_path, PUBLISHED, KEY[:10])
