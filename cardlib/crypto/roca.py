# SPDX-License-Identifier: MIT
"""The fingerprint of RSA keys from a faulty key generator (ROCA: Nemec et al., ACM CCS 2017)."""

from __future__ import annotations

GENERATOR = 65537
PRIMES = (11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157)


def _powers(prime: int) -> frozenset[int]:
    """All remainders that a power of the generator can have."""
    return frozenset(pow(GENERATOR, exponent, prime) for exponent in range(prime))


_POWERS = {prime: _powers(prime) for prime in PRIMES}


def weak(modulus: bytes) -> bool:
    """Whether the modulus is a power of 65537 modulo each of the primes.

    By chance this is true of about one key in 2^27.8.
    """
    number = int.from_bytes(modulus, "big")
    return all(number % prime in powers for prime, powers in _POWERS.items())
