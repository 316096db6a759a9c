# SPDX-License-Identifier: MIT
"""Secure channel protocol 03: wrong lengths and changed bytes first, then published sessions byte for byte."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import Any

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto import scp03
from cardlib.crypto.channels import StaticKeys, diversified
from conftest import ROOT

VECTORS = tomllib.loads((ROOT / "tests/vectors/globalplatform.toml").read_text("utf-8"))
SESSIONS = VECTORS["scp03"]
FULL = next(row for row in SESSIONS if row["name"] == "AES128 level 33")
NAMES = [row["name"] for row in SESSIONS]
hexa = bytes.fromhex


def session_of(row: dict[str, Any]) -> scp03.Session:
    enc, mac, dek = map(hexa, row["keys"])
    host, card = hexa(row["initialize"])[5:13], hexa(row["answer"])[13:21]
    return scp03.session(StaticKeys(enc, mac, dek), host, card)


def authenticated(row: dict[str, Any]) -> scp03.Session:
    command = hexa(row["authenticate"])
    opened, session = session_of(row).authenticated(command[:4], command[5:])
    assert opened.is_right
    return session


@pytest.mark.parametrize("size", [0, 8, 15, 17, 33])
def test_a_static_key_of_a_wrong_length_is_refused(size: int) -> None:
    key = bytes(size)
    with pytest.raises(NotVerifiable):
        scp03.session(StaticKeys(key, key, key), bytes(8), bytes(8))


@pytest.mark.parametrize("size", range(40))
def test_a_data_field_of_any_length_is_judged_and_nothing_raises(size: int) -> None:
    session = authenticated(FULL)
    opened, after = session.open_command(hexa("84E28000"), bytes(size))
    assert opened.is_right is False
    answer = after.open_answer(bytes(size), b"\x90\0")
    assert answer.is_right is (False if size else None)


@pytest.mark.parametrize("row", SESSIONS, ids=NAMES)
def test_keys_and_cryptograms_of_published_sessions(row: dict[str, Any]) -> None:
    session = session_of(row)
    assert session.enc == hexa(row["enc"])
    assert session.mac == hexa(row["mac"])
    assert session.r_mac == hexa(row["r_mac"])
    assert session.card_cryptogram == hexa(row["answer"])[21:29]
    assert session.host_cryptogram == hexa(row["host_cryptogram"])


@pytest.mark.parametrize("row", SESSIONS, ids=NAMES)
def test_commands_and_answers_of_published_sessions(row: dict[str, Any]) -> None:
    session = authenticated(row)
    for wrapped_text, data_text, *answered in row["commands"]:
        wrapped = hexa(wrapped_text)
        header, sent = wrapped[:4], wrapped[5 : 5 + wrapped[4]]
        before = session
        opened, session = session.open_command(header, sent)
        assert (opened.data, opened.is_right) == (hexa(data_text), True)
        assert before.wrap(header, hexa(data_text))[0] == sent
        if answered:
            answer, plain = map(hexa, answered)
            read = session.open_answer(answer[:-2], answer[-2:])
            assert read.data == plain
            assert read.is_right is (True if session.level & 0x10 else None)
            assert session.wrap_answer(plain, answer[-2:]) == answer[:-2]


@pytest.mark.parametrize("row", SESSIONS, ids=NAMES)
def test_another_key_or_challenge_gives_another_cryptogram(row: dict[str, Any]) -> None:
    stated = hexa(row["answer"])[21:29]
    enc, mac, dek = map(hexa, row["keys"])
    wrong = scp03.session(StaticKeys(enc, enc, dek), bytes(8), bytes(8))
    assert wrong.card_cryptogram != stated
    host = hexa(row["initialize"])[5:13]
    other = scp03.session(StaticKeys(enc, mac, dek), host, bytes(8))
    assert other.card_cryptogram != stated


@pytest.mark.parametrize("place", [1, 2, 3, 5, 20, 28])
def test_a_changed_byte_of_a_command_is_noticed(place: int) -> None:
    command = bytearray(hexa(FULL["commands"][0][0]))
    command[place] ^= 1
    opened, _ = authenticated(FULL).open_command(bytes(command[:4]), bytes(command[5:-1]))
    assert opened.is_right is False and opened.data is None


@pytest.mark.parametrize("place", [0, 31, 32, 39])
def test_a_changed_byte_of_an_answer_is_noticed(place: int) -> None:
    wrapped, _, answer_text, _ = FULL["commands"][0]
    command, answer = hexa(wrapped), bytearray(hexa(answer_text))
    _, session = authenticated(FULL).open_command(command[:4], command[5:-1])
    answer[place] ^= 1
    opened = session.open_answer(bytes(answer[:-2]), bytes(answer[-2:]))
    assert opened.is_right is False and opened.data is None


def test_another_status_word_is_noticed() -> None:
    wrapped, _, answer_text, _ = FULL["commands"][0]
    command, answer = hexa(wrapped), hexa(answer_text)
    _, session = authenticated(FULL).open_command(command[:4], command[5:-1])
    assert session.open_answer(answer[:-2], b"\x6a\x82").is_right is False


def test_a_command_that_is_missing_is_noticed() -> None:
    second = hexa(FULL["commands"][1][0])
    opened, _ = authenticated(FULL).open_command(second[:4], second[5:13])
    assert opened.is_right is False


def test_macs_of_16_bytes_open_again() -> None:
    key = bytes(range(16))
    session = scp03.session(StaticKeys(key, key, key), bytes(16), bytes(16), 16)
    assert len(session.card_cryptogram) == 16
    session = replace(session, level=0x33)
    sent, after = session.wrap(hexa("84E28000"), b"data")
    assert len(sent) == 32
    opened, same = session.open_command(hexa("84E28000"), sent)
    assert (opened.data, opened.is_right, same) == (b"data", True, after)


def test_keys_enciphered_with_the_dek_open_again() -> None:
    session = session_of(FULL)
    key = bytes(range(32))
    assert session.encipher_key(key) != key
    assert session.decipher_key(session.encipher_key(key)) == key


def test_a_card_whose_keys_are_diversified() -> None:
    (row,) = VECTORS["master"]
    answer = hexa(row["answer"])
    keys = diversified(row["method"], hexa(row["master"]), answer[:10])
    assert (keys.enc, keys.mac) == (hexa(row["enc"]), hexa(row["mac"]))
    session = scp03.session(keys, hexa(row["initialize"])[5:13], answer[13:21])
    assert session.card_cryptogram == answer[21:29]
    other = diversified(row["method"], hexa(row["master"]), bytes(10))
    assert scp03.session(other, bytes(8), bytes(8)).card_cryptogram != answer[21:29]


def test_a_pseudo_random_challenge_depends_on_key_counter_and_application() -> None:
    key = bytes(range(16))
    challenges = {
        scp03.pseudo_random_challenge(key, b"\0\0\1", b"A"),
        scp03.pseudo_random_challenge(key, b"\0\0\2", b"A"),
        scp03.pseudo_random_challenge(key, b"\0\0\1", b"B"),
        scp03.pseudo_random_challenge(bytes(16), b"\0\0\1", b"A"),
    }
    assert len(challenges) == 4
    assert {len(challenge) for challenge in challenges} == {8}


def test_no_key_is_printed() -> None:
    assert FULL["enc"] not in repr(session_of(FULL)).upper()
