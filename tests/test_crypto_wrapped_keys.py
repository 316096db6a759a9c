# SPDX-License-Identifier: MIT
"""Keys in key blocks: what does not open, then the published examples of TR-31:2018, annex A, there and back."""

from __future__ import annotations

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto import blocks
from cardlib.crypto.keyblocks import header
from cardlib.crypto.wrapped_keys import WRONG, unwrap, wrap

# protection key, key block, key in it, its check value (triple DES; AES by CMAC over zeros, ANSI X9.24-1-2017)
A = (
    "89E88CF7931444F334BD7547FC3F380C",
    "A0072P0TE00E0000F5161ED902807AF26F1D62263644BD24192FDB3193C730301CEE8701",
    "F039121BEC83D26B169BDCD5B22AAF8F",
    "CB9DEA",
)
B = (
    "DD7515F2BFC17F85CE48F3CA25CB21F6",
    "B0080P0TE00E000094B420079CC80BA3461F86FE26EFC4A3B8E4FA4C5F5341176EED7B727B8A248E",
    "3F419E1CB7079442AA37474C2EFBF8B8",
    "57C409",
)
C = (
    "B8ED59E0A279A295E9F5ED7944FD06B9",
    "C0096B0TX12S0100KS1800604B120F9292800000BFB9B689CB567E66FC3FEE5AD5F52161FC6545B9"
    "D60989015D02155C",
    "EDB380DD340BC2620247D445F5B8D678",
    "",
)
B_OPTIONAL = (
    "1D22BF32387C600AD97F9B97A51311AC",
    "B0104B0TX12S0100KS1800604B120F9292800000BB68BE8680A400D9191AD4ECE45B6E6C0D21C473"
    "8A52190E248719E24B433627",
    "E8BC63E5479455E26577F715D587FE68",
    "9A4212",
)
D = (
    "88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6",
    "D0112P0AE00E0000B82679114F470F540165EDFBF7E250FCEA43F810D215F8D207E2E417C07156A2"
    "7E8E31DA05F7425509593D03A457DC34",
    "3F419E1CB7079442AA37474C2EFBF8B8",
    "08793E",
)
PUBLISHED = (A, B, C, B_OPTIONAL, D)
NAMES = ("A", "B", "C", "B with KS", "D")
FILLING = bytes.fromhex("1C2965473CE206BB855B01533782")  # of the example D
Example = tuple[str, str, str, str]


def refused(block: str, key: str) -> str:
    with pytest.raises(NotVerifiable) as caught:
        unwrap(block, bytes.fromhex(key))
    return caught.value.reason


def changed(text: str, place: int) -> str:
    """The text with another hex digit there."""
    other = "1" if text[place] != "1" else "2"
    return text[:place] + other + text[place + 1 :]


@pytest.mark.parametrize("example", PUBLISHED, ids=NAMES)
def test_nothing_opens_after_a_change(example: Example) -> None:
    """Of the protection key, of the enciphered key, of the MAC, of what the header allows."""
    key, block, *_ = example
    usage = block[:5] + "K0" + block[7:]
    export = block[:11] + "N" + block[12:]
    for damaged in (
        usage,
        export,
        changed(block, len(block) - 1),
        changed(block, header(block).stop),
    ):
        assert refused(damaged, key) == WRONG
    assert refused(block, changed(key, 0)) == WRONG


@pytest.mark.parametrize(
    ("block", "key", "reason"),
    [
        (D[1], A[0][:30], "no protection key of 15 bytes"),
        (B[1], D[0], "version B has no protection key of 32 bytes"),
        (A[1], "11" * 8, "a protection key has 16 or 24 bytes"),
        (D[1][:-2], D[0], "the header says 112 characters"),
        ("E" + D[1][1:], D[0], "no key block version 'E'"),
    ],
)
def test_what_is_refused(block: str, key: str, reason: str) -> None:
    assert reason in refused(block, key)


@pytest.mark.parametrize(
    ("text", "filling", "reason"),
    [
        ("E0000P0AE00E0000", 14, "no key block version"),
        ("D0000P0AE00E0000", 13, "not whole blocks of 16"),
        ("A0000P0TE00E0100KS05X", 6, "not whole blocks of 8"),
        ("D0000P0AE00EXX00", 14, "the number of optional blocks"),
    ],
)
def test_what_is_not_made(text: str, filling: int, reason: str) -> None:
    with pytest.raises(NotVerifiable) as caught:
        wrap(text, bytes(16), bytes(16), bytes(filling))
    assert reason in caught.value.reason


def test_a_length_that_is_none() -> None:
    """A key of 0 bits under a right MAC: the block is genuine, and holds no key."""
    block = wrap("D0000P0AE00E0000", bytes(16), b"", bytes(14))
    assert "0 bits" in refused(block, "00" * 16)


@pytest.mark.parametrize("example", PUBLISHED, ids=NAMES)
def test_the_published_examples_open(example: Example) -> None:
    key, block, held, check = example
    opened = unwrap(block, bytes.fromhex(key))
    assert opened.hex().upper() == held
    if check:
        value = blocks.cmac(opened, bytes(16)) if block[0] == "D" else blocks.kcv(opened)
        assert value[:3].hex().upper() == check


def test_the_published_example_of_aes_is_made_again() -> None:
    """Its filling is published beside it."""
    key, block, held, _ = D
    made = wrap(block[:16], bytes.fromhex(key), bytes.fromhex(held), FILLING)
    assert made == block


@pytest.mark.parametrize("start", ["A0000P0TE00N0000", "B0000P0TE00N0000", "C0000K0TB00E0000"])
@pytest.mark.parametrize("size", [16, 24])
def test_there_and_back_with_triple_des(start: str, size: int) -> None:
    protection, key = bytes(range(size)), bytes(range(100, 100 + size))
    filling = bytes(-(2 + size) % 8)
    block = wrap(start, protection, key, filling)
    assert unwrap(block, protection) == key and header(block).usage == start[5:7]


@pytest.mark.parametrize("size", [16, 24, 32])
def test_there_and_back_with_aes(size: int) -> None:
    protection, key = bytes(range(size)), bytes(range(100, 100 + size))
    block = wrap("D0000E0AX00N0000", protection, key, bytes(-(2 + size) % 16))
    assert unwrap(block, protection) == key
