# SPDX-License-Identifier: MIT
"""Crypto1, with the trace that the readme of mfkey64 prints, and what is no key at all."""

from __future__ import annotations

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto.crypto1 import fits_generator, makes_answer

UID, NONCE, READER_NONCE, ANSWER = "9C599B32", "82A4166C", "A1E458CE", "6EEA41E0"


def made(key: str, *values: str) -> bool:
    return makes_answer(bytes.fromhex(key), *map(bytes.fromhex, values))


@pytest.mark.parametrize(
    "values",
    [
        ("FFFFFFFFFF", UID, NONCE, READER_NONCE, ANSWER),
        ("FFFFFFFFFFFF", UID[:6], NONCE, READER_NONCE, ANSWER),
        ("FFFFFFFFFFFF", UID, NONCE + "00", READER_NONCE, ANSWER),
        ("FFFFFFFFFFFF", UID, NONCE, READER_NONCE, ""),
    ],
)
def test_values_of_another_size_are_refused(values: tuple[str, ...]) -> None:
    with pytest.raises(NotVerifiable):
        made(*values)


def test_the_published_trace() -> None:
    assert made("FFFFFFFFFFFF", UID, NONCE, READER_NONCE, ANSWER)


@pytest.mark.parametrize(
    "values",
    [
        ("FFFFFFFFFFFE", UID, NONCE, READER_NONCE, ANSWER),
        ("FFFFFFFFFFFF", "9C599B33", NONCE, READER_NONCE, ANSWER),
        ("FFFFFFFFFFFF", UID, "82A4166D", READER_NONCE, ANSWER),
        ("FFFFFFFFFFFF", UID, NONCE, "A1E458CF", ANSWER),
        ("FFFFFFFFFFFF", UID, NONCE, READER_NONCE, "6EEA41E1"),
    ],
)
def test_one_bit_more_or_less(values: tuple[str, ...]) -> None:
    assert not made(*values)


@pytest.mark.parametrize(
    ("nonce", "fits"),
    [
        (NONCE, True),
        ("01200145", True),  # of the readme of mfkey32
        ("82A4166D", False),
        ("AABBCCDD", False),
        ("00000000", True),  # the generator never leaves it
    ],
)
def test_nonces_of_the_generator(nonce: str, fits: bool) -> None:
    assert fits_generator(bytes.fromhex(nonce)) is fits
