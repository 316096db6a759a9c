# SPDX-License-Identifier: MIT
"""Keys that open a secure channel: those that do not fit first, then those of published sessions."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from cardlib.core.errors import DictionaryError
from cardlib.crypto.keyring import Key, keyring, load_keys, shipped
from cardlib.crypto.static_keys import Greeting, match
from conftest import ROOT

VECTORS = tomllib.loads((ROOT / "tests/vectors/globalplatform.toml").read_text("utf-8"))
hexa = bytes.fromhex


def greeting02(number: int) -> Greeting:
    row = VECTORS["scp02"][number]
    answer = hexa(row["answer"])
    host = hexa(row["host"])
    return Greeting(
        host, answer[:10], answer[10], 2, 0, answer[12:14], answer[14:20], answer[20:28]
    )


def greeting03() -> Greeting:
    row = VECTORS["master"][0]
    answer = hexa(row["answer"])
    host = hexa(row["initialize"])[5:13]
    return Greeting(
        host, answer[:10], answer[10], 3, 0x70, answer[29:], answer[13:21], answer[21:29]
    )


def given(*rows: tuple[str, str], **fields: str) -> tuple[Key, ...]:
    return tuple(Key(use, hexa(value), **fields) for use, value in rows)  # type: ignore[arg-type]


OWN = tuple(zip(("scp-enc", "scp-mac", "scp-dek"), VECTORS["scp02"][0]["keys"], strict=True))
MASTER = (("scp", VECTORS["master"][0]["master"]),)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('value = "00"', "value has 16 or 24 or 32 bytes"),
        (f'value = "{"00" * 16}"\nderive = "emv1"', "derive is one of emv, visa2, kdf3"),
        (f'value = "{"00" * 16}"\nindex = "0001"', "index is the key version, one byte"),
        (f'value = "{"00" * 16}"\nkcv = "112233"', "kcv is not that of this value"),
        (f'value = "{"00" * 16}"\npan = "4"', "'pan' has no place"),
    ],
)
def test_a_wrong_row_is_refused(tmp_path: Path, row: str, reason: str) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(f'[[key]]\nuse = "scp"\n{row}\n', "utf-8")
    with pytest.raises(DictionaryError) as caught:
        load_keys(file)
    assert reason in str(caught.value)


@pytest.mark.parametrize("kcv", ["8BAF47", "504A77"])
def test_a_check_value_may_be_of_des_or_aes(tmp_path: Path, kcv: str) -> None:
    file = tmp_path / "keys.toml"
    value = "404142434445464748494A4B4C4D4E4F"
    file.write_text(f'[[key]]\nuse = "scp"\nvalue = "{value}"\nkcv = "{kcv}"\n', "utf-8")
    assert keyring([file])[0].value == hexa(value)


def test_no_keys_and_wrong_keys_open_nothing() -> None:
    assert match(greeting02(0), ()).session is None
    wrong = match(greeting02(0), given(("scp", "11" * 16), ("scp", "22" * 32)))
    assert (wrong.session, wrong.tried, wrong.problem) == (None, 2, "")
    published = match(greeting02(0), shipped())
    assert (published.session, published.tried) == (None, 0)


def test_keys_of_another_version_are_not_tried() -> None:
    assert match(greeting02(0), given(*OWN, index="30")).tried == 0
    assert match(greeting02(0), given(*OWN, index="70")).session is not None


def test_three_keys_that_are_given() -> None:
    opened = match(greeting02(0), given(*OWN, note="our bureau"))
    assert (opened.note, opened.is_published, opened.tried) == ("our bureau", False, 1)
    enc_alone = match(greeting02(0), given(OWN[0]))
    assert enc_alone.session is None


@pytest.mark.parametrize("number", [1, 2, 3])
def test_published_default_keys_are_tried(number: int) -> None:
    opened = match(greeting02(number), shipped())
    assert opened.session is not None and opened.is_published
    assert opened.note == "published default key 404142...4F"
    counted = replace(greeting02(number), counter=b"\x7f\xff")
    assert match(counted, shipped()).session is None


def test_a_master_key_makes_the_keys_of_the_card() -> None:
    assert match(greeting03(), given(*MASTER, derive="kdf3")).session is not None
    assert match(greeting03(), given(*MASTER)).session is None
    other_card = replace(greeting03(), card_data=bytes(10))
    assert match(other_card, given(*MASTER, derive="kdf3")).session is None


def test_another_protocol_is_not_computed() -> None:
    assert match(replace(greeting02(1), protocol=1), shipped()).session is None


def test_no_key_is_printed() -> None:
    opened = match(greeting02(1), shipped())
    assert VECTORS["scp02"][1]["enc"] not in repr(opened).upper()
