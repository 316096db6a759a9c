# SPDX-License-Identifier: MIT
"""Key blocks: what is no header first, then the published examples of TR-31."""

from __future__ import annotations

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto.keyblocks import header

# ASC X9 TR-31-2018, A.7: versions A, B and C; the last with an optional block
A = "A0072P0TE00E0000F5161ED902807AF26F1D62263644BD24192FDB3193C730301CEE8701"
B = "B0080P0TE00E000094B420079CC80BA3461F86FE26EFC4A3B8E4FA4C5F5341176EED7B727B8A248E"
C = (
    "C0096B0TX12S0100KS1800604B120F9292800000"
    "BFB9B689CB567E66FC3FEE5AD5F52161FC6545B9D60989015D02155C"
)
D = "D0112D0AB00E0000" + "AB" * 32 + "CD" * 16


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ("", "a key block begins with 16 characters"),
        (A[:15], "a key block begins with 16 characters"),
        ("E" + A[1:], "no key block version 'E'"),
        (A[:-1], "the header says 72 characters, there are 71"),
        (A.replace("0072", "00X2"), "its length is '00X2'"),
        (A[:12] + "ZZ" + A[14:], "the number of optional blocks is 'ZZ'"),
        (A[:12] + "01" + A[14:], "what follows the header"),
        (C.replace("KS18", "KSFF"), "optional block 1 ends outside"),
        (C.replace("KS18", "KS02"), "optional block 1 ends outside"),
        (C.replace("KS18", "KS  "), "the length of optional block 1"),
        (C.replace("KS18", "KS00"), "the length of optional block 1"),
        (A[:-1] + "G", "what follows the header"),
        ("A0070" + A[5:-2], "what follows the header"),
        ("A0024P0TE00E0000" + "AB" * 4, "what follows the header"),
        ("é" * 20, "a key block begins with 16 characters"),
    ],
)
def test_what_is_no_key_block(block: str, reason: str) -> None:
    with pytest.raises(NotVerifiable) as caught:
        header(block)
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("block", "text"),
    [
        (
            A,
            "key variants, triple DES (deprecated); PIN encryption; triple DES; encrypt only; "
            "exportable under a trusted key",
        ),
        (
            B,
            "derived keys, triple DES; PIN encryption; triple DES; encrypt only; "
            "exportable under a trusted key",
        ),
        (
            C,
            "key variants, triple DES; base derivation key (BDK); triple DES; derive keys; "
            "sensitive: exportable under an untrusted key",
        ),
        (
            D,
            "derived keys, AES; data encryption; AES; both ways: encrypt and decrypt; "
            "exportable under a trusted key",
        ),
    ],
)
def test_what_headers_say(block: str, text: str) -> None:
    assert header(block).text == text


def test_optional_blocks() -> None:
    read = header(C)
    assert read.optional == (("KS", "00604B120F9292800000"),)
    assert (read.stop, read.key_version) == (40, "12")
    long_block = "CT0002" + "0010" + "123456"  # 00, then a length of two bytes
    block = "D0128D0AB00E0100" + long_block + "AB" * 32 + "CD" * 16
    assert header(block).optional == (("CT", "123456"),)


def test_letters_that_no_table_has_are_said_to_be_unknown() -> None:
    read = header("A0072Z9QQ00Q0000" + A[16:])
    assert read.text == (
        "key variants, triple DES (deprecated); usage Z9 not known; algorithm Q not known; "
        "mode Q not known; export Q not known"
    )
