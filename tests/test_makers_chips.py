# SPDX-License-Identifier: MIT
"""The chips in software refuse what real ones refuse, and their radio forms are read as they were made."""

from __future__ import annotations

from pathlib import Path

import pytest

import cardlib
from traces.makers import calypso, desfire, felica, stored, tag
from traces.makers.air import Air

UID = bytes.fromhex("04112233445566")
KEY = bytes(range(16))


def desfire_card() -> desfire.Card:
    files = {2: desfire.File(desfire.VALUE, desfire.ENCIPHERED, (1, 1, 1, 0), value=500)}
    return desfire.Card(UID, b"\1\2\3", KEY, files, 1)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"\x5a\3\2\1", desfire.NO_APPLICATION),
        (b"\xf5\x09", desfire.NO_FILE),
        (b"\xdc\x02" + bytes(4), desfire.DENIED),
        (b"\x99", desfire.ILLEGAL),
    ],
)
def test_a_desfire_refuses(command: bytes, answer: bytes) -> None:
    assert desfire_card().answer(command) == answer


def test_a_desfire_takes_only_its_key_and_only_what_was_enciphered_with_it() -> None:
    card = desfire_card()
    challenge = card.answer(b"\xaa\x01")[1:]
    wrong = desfire.Gate(bytes(16), 2)
    assert card.answer(b"\xaf" + wrong.proof(challenge)) == desfire.WRONG_KEY
    challenge = card.answer(b"\xaa\x01")[1:]
    gate = desfire.Gate(KEY, 2)
    assert card.answer(b"\xaf" + gate.proof(challenge))[:1] == desfire.OK
    assert card.answer(b"\xdc\x02" + bytes(16)) == desfire.WRONG_KEY


def test_a_locked_tag_refuses_to_be_written_and_counts_once_a_visit() -> None:
    poster = tag.Ntag213(UID, b"", b"\1\2\3\4", b"\5\6", 4, True)
    assert poster.answer(b"\xa2\x05\0\0\0\0") == tag.NAK
    assert poster.answer(b"\x1b\1\2\3\5") == tag.NAK
    for _ in range(2):
        poster.answer(b"\x30\0")
    assert poster.answer(b"\x39\x02") == b"\1\0\0"


def test_a_memory_card_locks_after_three_wrong_codes() -> None:
    card = stored.MemoryCard(b"\1\2\3")
    answers = [card.answer(bytes.fromhex("FF20000003000000")) for _ in range(3)]
    assert answers == ["9003", "9001", "9000"]
    assert card.answer(bytes.fromhex("FF20000003010203")) == "9000"
    assert card.answer(bytes.fromhex("FFD000200100")) == stored.FAILED


def test_only_key_b_raises_a_value() -> None:
    keys = (b"a" * 6, b"b" * 6)
    block = stored.value_block(100, 4)
    card = stored.Classic(b"\0" * 4, {1: keys}, {1: stored.PURSE}, {4: block})
    card.reader_keys = dict(enumerate(keys))
    raise_it, lower_it = (
        bytes.fromhex(f"FFD7000405{operation}00000001") for operation in ("01", "02")
    )
    assert card.answer(lower_it) == stored.NOT_ALLOWED
    card.answer(bytes.fromhex("FF860000050100046000"))
    assert (card.answer(raise_it), card.answer(lower_it)) == (stored.NOT_ALLOWED, stored.OK)
    card.answer(bytes.fromhex("FF860000050100046101"))
    assert card.answer(raise_it) == stored.OK


def test_access_conditions_of_the_data_sheet() -> None:
    assert stored.access_bits(stored.DELIVERED) == bytes.fromhex("FF0780")


def test_a_session_that_is_aborted_leaves_no_trace() -> None:
    card = calypso.Card(bytes(8), {calypso.EVENTS: [bytes(29)]}, 1)
    added = calypso.append(calypso.EVENTS, b"\1" * 29)
    assert card.answer(added) == bytes.fromhex(calypso.NO_SESSION)
    card.answer(calypso.Terminal(1).open())
    card.answer(added)
    card.answer(bytes.fromhex("008E000000"))
    assert card.files[calypso.EVENTS] == [bytes(29)]


def test_a_felica_refuses_to_be_written() -> None:
    card = felica.Card(bytes(8), bytes(8))
    assert card.answer(felica.write(bytes(8), 0, bytes(16)))[-2:] == b"\xff\xa6"


@pytest.mark.parametrize("form", ["proxmark", "nfc_laboratory"])
def test_both_radio_forms_say_the_same(form: str, tmp_path: Path) -> None:
    air = Air("A", 1)
    air.select(UID, 0x00, b"\x44\x00")
    air.exchange(b"\x30\x04", bytes(range(16)))
    path = tmp_path / form
    path.write_bytes(getattr(air, form)())
    capture = cardlib.read(path)
    assert not capture.problems
    (exchange,) = capture.exchanges
    assert exchange.command and exchange.command.raw == b"\x30\x04"
    assert exchange.response and exchange.response.raw == bytes(range(16))
    assert exchange.duration_ns and 100_000 < exchange.duration_ns < 2_000_000


def test_the_pass_of_the_gate_opens_with_its_key() -> None:
    traces = Path(__file__).resolve().parent.parent / "traces"
    keys = [traces / "makers" / "keyring.toml"]
    exchanges = cardlib.read(traces / "desfire_gate.trace", keys=keys).exchanges
    amounts = [hit.node.text for hit in cardlib.find(exchanges, "amount") if hit.node]
    assert amounts[-1] == "250"
    nodes = [node for e in exchanges for _, node in cardlib.decode(e).walk()]
    assert [node.text for node in nodes if node.name == "value" and node.value][-1] == "1200"
    notes = [node.note for node in nodes if node.note]
    assert notes.count("MAC verified") == 4
    assert notes.count("check sum in the cryptogram verified") == 4
