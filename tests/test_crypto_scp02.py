# SPDX-License-Identifier: MIT
"""Secure channel protocol 02: wrong lengths and changed bytes first, then published sessions byte for byte."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import Any

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto import scp02
from cardlib.crypto.channels import StaticKeys
from conftest import ROOT

VECTORS = tomllib.loads((ROOT / "tests/vectors/globalplatform.toml").read_text("utf-8"))
SESSIONS = VECTORS["scp02"]
FIRST = SESSIONS[0]
hexa = bytes.fromhex


def challenges_of(row: dict[str, Any]) -> scp02.Challenges:
    answer = hexa(row["answer"])
    return scp02.Challenges(hexa(row["host"]), answer[12:14], answer[14:20])


def session_of(row: dict[str, Any]) -> scp02.Session:
    enc, mac, dek = map(hexa, row["keys"])
    return scp02.session(StaticKeys(enc, mac, dek), challenges_of(row))


def authenticated(row: dict[str, Any]) -> scp02.Session:
    command = hexa(row["authenticate"])
    opened, session = session_of(row).authenticated(command[:4], command[5:])
    assert opened.is_right
    return session


@pytest.mark.parametrize("size", [0, 8, 15, 24, 32])
def test_a_static_key_of_a_wrong_length_is_refused(size: int) -> None:
    with pytest.raises(NotVerifiable):
        scp02.session_key(bytes(size), b"\1\1", b"\0\1")


def test_a_counter_of_a_wrong_length_is_refused() -> None:
    with pytest.raises(NotVerifiable):
        scp02.session_key(bytes(16), b"\1\1", b"\0\0\1")


@pytest.mark.parametrize("data", [b"", b"1", bytes(7), bytes(9), bytes(16)])
def test_what_cannot_be_deciphered_is_none(data: bytes) -> None:
    assert scp02.deciphered(bytes(16), data) is None


@pytest.mark.parametrize("data", [b"", b"1", bytes(7)])
def test_a_command_shorter_than_its_mac_leaves_the_session_as_it_was(data: bytes) -> None:
    session = authenticated(FIRST)
    opened, after = session.open_command(b"\x84\xe2\0\0", data)
    assert (opened.data, opened.is_right, after) == (None, False, session)


@pytest.mark.parametrize("row", SESSIONS, ids=[row["name"] for row in SESSIONS])
def test_keys_and_cryptograms_of_published_sessions(row: dict[str, Any]) -> None:
    session = session_of(row)
    assert session.enc == hexa(row["enc"])
    assert session.mac == hexa(row["mac"])
    assert session.dek == hexa(row["dek"])
    mac_key = hexa(row["keys"][1])
    keys = StaticKeys(b"", mac_key, b"")
    assert scp02.r_mac_key(keys, session.challenges.counter) == hexa(row["r_mac"])
    assert session.card_cryptogram == hexa(row["answer"])[20:]
    assert session.host_cryptogram == hexa(row["host_cryptogram"])


@pytest.mark.parametrize("row", SESSIONS, ids=[row["name"] for row in SESSIONS])
def test_another_key_or_counter_gives_another_cryptogram(row: dict[str, Any]) -> None:
    stated = hexa(row["answer"])[20:]
    other_key = bytes(16)
    wrong = scp02.session(StaticKeys(other_key, other_key, other_key), challenges_of(row))
    assert wrong.card_cryptogram != stated
    counted = replace(challenges_of(row), counter=b"\x7f\xff")
    enc, mac, dek = map(hexa, row["keys"])
    assert scp02.session(StaticKeys(enc, mac, dek), counted).card_cryptogram != stated


def test_every_mac_of_a_published_session() -> None:
    session = authenticated(FIRST)
    assert session.level == 1
    for plain_text, wrapped_text in FIRST["commands"]:
        wrapped = hexa(wrapped_text)
        header, data = wrapped[:4], wrapped[5 : 5 + wrapped[4]]
        before = session
        opened, session = session.open_command(header, data)
        assert opened.is_right and opened.data is not None
        plain = hexa(plain_text)
        assert plain[5 : 5 + len(opened.data)] == opened.data
        assert before.wrap(header, opened.data)[0] == data


@pytest.mark.parametrize("place", [1, 2, 3, 5, 8, 20])
def test_a_changed_byte_of_external_authenticate_is_noticed(place: int) -> None:
    command = bytearray(hexa(FIRST["authenticate"]))
    command[place] ^= 1
    opened, _ = session_of(FIRST).authenticated(bytes(command[:4]), bytes(command[5:]))
    assert opened.is_right is False


def test_a_mac_of_a_command_that_is_missing_is_noticed() -> None:
    session = authenticated(FIRST)
    second = hexa(FIRST["commands"][1][1])
    opened, _ = session.open_command(second[:4], second[5:13])
    assert opened.is_right is False


def test_enciphered_commands_open_again() -> None:
    session = replace(session_of(FIRST), level=3)
    for data in (b"1", b"12345678", bytes(200)):
        sent, following = session.wrap(hexa("84E28000"), data)
        assert data not in sent
        opened, after = session.open_command(hexa("84E28000"), sent)
        assert (opened.data, opened.is_right, opened.is_deciphered) == (data, True, True)
        assert after == following
        changed = sent[:-1] + bytes([sent[-1] ^ 1])
        wrong, _ = session.open_command(hexa("84E28000"), changed)
        assert wrong.is_right is False


@pytest.mark.parametrize("size", range(20))
def test_a_data_field_of_any_length_is_judged_and_nothing_raises(size: int) -> None:
    for level in (1, 3):
        session = replace(session_of(FIRST), level=level)
        opened, _ = session.open_command(hexa("84E28000"), bytes(size))
        assert opened.is_right is False


def test_keys_in_store_data_of_a_personalisation() -> None:
    row = VECTORS["cps"]
    key = hexa(row["key"])
    counter = hexa(row["counter"])
    session = scp02.session(
        StaticKeys(key, key, key), scp02.Challenges(bytes(8), counter, bytes(6))
    )
    assert session.dek == hexa(row["dek"])
    enciphered = hexa(row["commands"][2][0])[8:]
    assert session.decipher_key(enciphered) == hexa(row["plain"])
    assert session.encipher_key(hexa(row["plain"])) == enciphered


def test_no_key_is_printed() -> None:
    assert FIRST["enc"] not in repr(session_of(FIRST)).upper()
