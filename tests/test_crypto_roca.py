# SPDX-License-Identifier: MIT
"""The ROCA fingerprint, against the constants and the example of its authors (crocs-muni/roca, MIT)."""

from __future__ import annotations

import pytest

from cardlib.crypto import roca

WEAK = bytes.fromhex(
    "944E13208A280C37EFC31C3114485E590192ADBB8E11C87CAD60CDEF0037CE99"
    "278330D3F471A2538FA667802ED2A3C44A8B7DEA826E888D0AA341FD664F7FA7"
)
MASKS = """1026 5658 107286 199410 67109890 5310023542746834 1455791217086302986 20052041432995567486
6041388139249378920330 207530445072488465666 79228162521181866724264247298 1760368345969468176824550810518
50079290986288516948354744811034 473022961816146413042658758988474 144390480366845522447407333004847678774
1800793591454480341970779146165214289059119882 126304807362733370595828809000324029340048915994"""


@pytest.mark.parametrize(
    "modulus", [b"", b"\0", b"\xff" * 128, b"\x84" + WEAK[1:]], ids=["none", "zero", "ones", "twin"]
)
def test_not_weak(modulus: bytes) -> None:
    assert not roca.weak(modulus)


def test_weak() -> None:
    assert roca.weak(WEAK)


def test_the_computed_residues_are_the_published_masks() -> None:
    computed = [
        sum(1 << residue for residue in {pow(65537, exponent, prime) for exponent in range(prime)})
        for prime in roca.PRIMES
    ]
    assert computed == [int(mask) for mask in MASKS.split()]
