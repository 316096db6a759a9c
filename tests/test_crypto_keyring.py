# SPDX-License-Identifier: MIT
"""Keys from files: wrong rows first, each told in one line that does not hold the key; then the shipped ones."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from cardlib.core.errors import DictionaryError
from cardlib.crypto import keyring, roca

VALUE = "0123456789ABCDEFFEDCBA9876543210"
MODULUS = "C1" + "77" * 62 + "01"
CA = f'[[key]]\nuse = "ca-public"\nrid = "A000000003"\nindex = "92"\nexponent = "03"\nmodulus = "{MODULUS}"\n'
AC = f'[[key]]\nuse = "imk-ac"\nvalue = "{VALUE}"\n'
SIM = f'[[key]]\nuse = "milenage"\nvalue = "{VALUE}"\n'
OP = f'op = "{VALUE}"\n'
TUAK = SIM.replace("milenage", "tuak")
TOP = f'topc = "{VALUE}{VALUE}"\n'
WRONG = [
    ("no TOML", "[[key]", "not TOML: "),
    ("no key", "", "holds no [[key]]"),
    ("no list", "[key]\n", "holds no [[key]]"),
    (
        "numbers",
        "key = [1]",
        "key 1: use must be one of imk-ac, imk-smi, imk-smc, mk-ac, mk-smi, mk-smc, session, ca-",
    ),
    ("no use", "[[key]]", "key 1: use must be one of"),
    ("unknown use", '[[key]]\nuse = "imk"', "key 1: use must be one of"),
    ("second", AC + AC.replace("imk-ac", "?"), "key 2: use must be one of"),
    ("no value", '[[key]]\nuse = "imk-ac"', "key 1: value has 16 bytes, this one 0"),
    ("short value", AC.replace("3210", ""), "key 1: value has 16 bytes, this one 14"),
    ("no hex", AC.replace("3210", "321O"), "key 1: value is not hex"),
    (
        "a number",
        "[[key]]\nuse = 'imk-ac'\nvalue = 1",
        "key 1: everything but expires is text in quotation marks",
    ),
    ("a stranger", AC + "kvc = ''", "key 1: 'kvc' has no place in a key of this use"),
    ("a modulus", AC + "modulus = ''", "key 1: 'modulus' has no place in a key of this use"),
    ("kcv", AC + 'kcv = "08D7B5"', "key 1: kcv is not that of this value"),
    ("rid", AC + 'rid = "A0"', "key 1: rid is hex of 5 bytes, iin and pan are digits"),
    ("iin", AC + 'iin = "41111X"', "key 1: rid is hex of 5 bytes, iin and pan are digits"),
    ("even", CA.replace('01"', '02"'), "key 1: the modulus is even"),
    (
        "exponent 0",
        CA.replace('"03"', '"00"'),
        "key 1: the exponent is 0, it must be odd and at least 3",
    ),
    (
        "no rid",
        CA.replace("rid", "iin").replace("A0", ""),
        "key 1: the public key of a scheme has its rid, and an index",
    ),
    (
        "no index",
        CA.replace('"92"', '""'),
        "key 1: the public key of a scheme has its rid, and an index of one byte",
    ),
    ("check", CA + 'check = "00"', "key 1: check is 00, computed "),
    ("no OP", SIM, "key 1: either op or opc belongs to the key of a SIM"),
    ("two", SIM + OP + OP.replace("op", "opc"), "key 1: either op or opc belongs to the key of"),
    ("short OP", SIM + 'op = "00"', "key 1: op has 16 bytes, this one 1"),
    ("a TOP", SIM + OP.replace("op", "top"), "key 1: 'top' has no place in a key of this use"),
    ("short K", SIM.replace("3210", "") + OP, "key 1: value has 16 bytes, this one 14"),
    ("no TOP", TUAK, "key 1: either top or topc belongs to the key of a SIM"),
    ("an OP", TUAK + OP, "key 1: 'op' has no place in a key of this use"),
    ("short TOP", TUAK + OP.replace("op", "top"), "key 1: top has 32 bytes, this one 16"),
    ("no runs", TUAK + TOP + 'iterations = "0"', "key 1: iterations is a number from 1 to 255"),
    ("many runs", TUAK + TOP + 'iterations = "256"', "key 1: iterations is a number from 1 to"),
    ("words", TUAK + TOP + 'iterations = "two"', "key 1: iterations is a number from 1 to 255"),
    ("expires", CA + 'expires = "2024"', "key 1: expires is a date, without quotation marks"),
]


@pytest.mark.parametrize(
    ("text", "reason"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_a_wrong_row_is_one_line_without_the_key(text: str, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(DictionaryError) as caught:
        keyring.load_keys(file)
    message = str(caught.value)
    assert message.removeprefix(f"{file}: ").startswith(reason)
    assert "\n" not in message and VALUE[:8] not in message and MODULUS[:8] not in message


def test_the_keys_of_a_sim(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(SIM + OP + TUAK + TOP + 'iterations = "2"\n', "utf-8")
    milenage, tuak = keyring.load_keys(file)
    assert (milenage.operator, milenage.is_derived) == (bytes.fromhex(VALUE), False)
    assert (tuak.operator, tuak.is_derived) == (bytes.fromhex(VALUE * 2), True)
    assert (milenage.iterations, tuak.iterations) == (1, 2)
    assert VALUE[:8] not in repr(milenage) + repr(tuak)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(DictionaryError, match=r"mine\.toml: cannot be read: No such file"):
        keyring.load_keys(tmp_path / "mine.toml")


def test_a_key_prints_without_itself(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(
        AC + 'kcv = "08D7B4"\niin = "4111"\nnote = "ours"\n' + CA + "expires = 2033-12-31\n",
        "utf-8",
    )
    ours = keyring.load_keys(file)
    assert [key.use for key in ours] == ["imk-ac", "ca-public"]
    assert (
        ours[0].value == bytes.fromhex(VALUE) and ours[0].note == "ours" and not ours[0].published
    )
    assert str(ours[1].expires) == "2033-12-31"
    for shown in (repr(ours), str(ours[0]), f"{ours[1]}"):
        assert (
            VALUE not in shown
            and MODULUS not in shown
            and repr(bytes.fromhex(VALUE))[2:9] not in shown
        )
    assert keyring.keyring([file])[:2] == ours


def test_which_keys_fit_a_card(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(
        AC + 'iin = "4111"\n' + AC + 'pan = "4222222222222"\n' + AC + 'rid = "A000000003"\n',
        "utf-8",
    )
    iin, pan, rid = ours = keyring.load_keys(file)
    assert keyring.fitting(ours, "imk-ac", pan="4111111111111111") == [iin]
    assert keyring.fitting(ours, "imk-ac", rid="A000000003", pan="4111111111111111") == [iin, rid]
    assert keyring.fitting(ours, "imk-ac", pan="4222222222222") == [pan]
    assert keyring.fitting(ours, "imk-ac", rid="A000000004") == []
    assert keyring.fitting(ours, "imk-smi", rid="A000000003") == []


CA_KEYS = [key for key in keyring.shipped() if key.use == "ca-public"]


@pytest.mark.parametrize("key", CA_KEYS, ids=[f"{key.note} {key.index}" for key in CA_KEYS])
def test_check_sums_of_shipped_keys(key: keyring.Key) -> None:
    """EMV 4.4 Book 2, 11.2.2: SHA-1 over RID, index, modulus, exponent; what was published stands in the file."""
    rows = keyring.parse(keyring.FOLDER / "ca_keys.toml")["key"]
    stated = next(
        row["check"]
        for row in rows
        if bytes.fromhex(row["modulus"]) == key.value and row["index"] == key.index
    )
    data = bytes.fromhex(key.rid + key.index) + key.value + key.exponent
    assert hashlib.sha1(data).hexdigest().upper() == stated  # noqa: S324 - the standard's own
    assert not roca.weak(key.value)
    assert f"{8 * len(key.value)} bits" in key.note


def test_an_index_may_have_several_keys() -> None:
    both = keyring.fitting(CA_KEYS, "ca-public", rid="A000000004", index="05")
    assert [len(key.value) * 8 for key in both] == [1408, 1024]
    assert keyring.fitting(CA_KEYS, "ca-public", rid="A000000004", index="5A") == []


def test_published_test_keys() -> None:
    """As they stand in public tools; the first two also recompute the cryptograms of public traces."""
    keys = [key for key in keyring.shipped() if not key.index]
    default = {key.value.hex().upper() for key in keys if key.use == "scp"}
    assert default == {"404142434445464748494A4B4C4D4E4F", "47454D5850524553534F53414D504C45"}
    found = {(key.rid, key.use): key.value.hex().upper() for key in keys if key.use != "scp"}
    assert found == {
        ("A000000003", "imk-ac"): "2315208C9110AD402315208C9110AD40",
        ("A000000004", "imk-ac"): "9E15204313F7318ACB79B90BD986AD29",
        ("A000000004", "imk-smi"): "4664942FE615FB02E5D57F292AA2B3B6",
        ("A000000004", "imk-smc"): "CE293B8CC12A977379EF256D76109492",
    }
    assert all(key.published for key in keyring.shipped())
