# SPDX-License-Identifier: MIT
"""Card keys and session keys, against vectors that pyemv's author made with an HSM (pyemv, tests/test_kd_hsm.py)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto import keys

MASTER = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
ATC = bytes.fromhex("001C")
REFUSED: list[tuple[str, Callable[[], bytes], str]] = [
    ("no PAN", lambda: keys.card_key(MASTER, ""), "a card key needs a PAN of up to 19 digits"),
    (
        "a PAN of 20 digits",
        lambda: keys.card_key(MASTER, "1" * 20),
        "a card key needs a PAN of up to 19 digits",
    ),
    (
        "a letter",
        lambda: keys.card_key(MASTER, "4111A"),
        "a card key needs a PAN of up to 19 digits",
    ),
    (
        "digits of another script",
        lambda: keys.card_key(MASTER, "٤١"),
        "a card key needs a PAN of up to 19 digits",
    ),
    (
        "half a sequence number",
        lambda: keys.card_key(MASTER, "4111", "1"),
        "a card key needs a PAN of up to 19 digits",
    ),
    (
        "half a master key",
        lambda: keys.card_key(MASTER[:8], "4111"),
        "a master key has 16 bytes, this one 8",
    ),
    ("a counter of one byte", lambda: keys.ac_diversifier(b"1"), "an ATC has 2 bytes, this one 1"),
    (
        "a short diversifier",
        lambda: keys.session_key(MASTER, ATC),
        "a diversifier has 8 bytes, this one 2",
    ),
    (
        "no number",
        lambda: keys.session_key_mchip(MASTER, ATC, b""),
        "an unpredictable number has 4 bytes, this one 0",
    ),
    ("no counter", lambda: keys.session_key_visa(MASTER, b""), "an ATC has 2 bytes, this one 0"),
]


@pytest.mark.parametrize(
    ("call", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_refused(call: Callable[[], bytes], reason: str) -> None:
    with pytest.raises(NotVerifiable) as caught:
        call()
    assert caught.value.reason.startswith(reason)


LONG = "12345678901234567"
VECTORS: list[tuple[str, bytes, str]] = [
    ("option A", keys.card_key(MASTER, LONG, "01"), "73AD54688CEF2934B0979857E3C719F1"),
    (
        "option A, another",
        keys.card_key(MASTER, "99012345678901234", "45"),
        "67F8292358083E5EA7AB7FDA58D53B6B",
    ),
    ("option B", keys.card_key(MASTER, LONG, "01", "B"), "AD406D7F6D7570916D75E5DCAB8CF737"),
    (
        "common",
        keys.session_key(MASTER, keys.ac_diversifier(ATC)),
        "E9FB384AF807B940FEDCEA613461B0C4",
    ),
    ("Visa scripts", keys.session_key_visa(MASTER, ATC), "0123456789ABCDF2FEDCBA987654CDF2"),
]


@pytest.mark.parametrize(
    ("got", "wanted"), [row[1:] for row in VECTORS], ids=[row[0] for row in VECTORS]
)
def test_vectors(got: bytes, wanted: str) -> None:
    assert got.hex().upper() == wanted


def test_option_b_is_option_a_up_to_16_digits() -> None:
    assert keys.card_key(MASTER, LONG[:16], option="B") == keys.card_key(MASTER, LONG[:16])
    assert keys.card_key(MASTER, LONG, option="B") != keys.card_key(MASTER, LONG)


def test_each_part_of_the_input_counts() -> None:
    assert keys.card_key(MASTER, LONG, "01") != keys.card_key(MASTER, LONG, "02")
    assert keys.session_key(MASTER, keys.ac_diversifier(ATC)) != keys.session_key(
        MASTER, keys.ac_diversifier(b"\0\x1d")
    )
    assert keys.session_key_mchip(MASTER, ATC, bytes(4)) == keys.session_key(
        MASTER, keys.ac_diversifier(ATC)
    )
    assert keys.session_key_mchip(MASTER, ATC, b"\0\0\0\1") != keys.session_key_mchip(
        MASTER, ATC, bytes(4)
    )
