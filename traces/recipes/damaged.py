# SPDX-License-Identifier: MIT
"""A short session that somebody pasted, with what goes wrong in pasting: each kind of damage once."""

from __future__ import annotations

TEXT = """\
# Pasted from a forum; card: test card, reader: unknown
ATR: 3B 65 00 00 54 52 41 43 45
> 00 A4 04 00 07 A0 00 00 00 03 10 10 00
< 6F 1F 84 07 A0 00 00 00 03 10 10 A5 14 50 0B 54 45 53 54 20 43 52 45 44 49 54 87 01 01 9F 11 01 01 90 00

# the answer to this one is missing
> 80 A8 00 00 02 83 00 00
> 00 B2 01 0C 00
< 70 12 5F 20 0F 43 41 52 44 48 4F 4C 44 45 52 2F 54 45 53 54 90 00

# half a byte is missing at the end
> 00 B2 02 0C 00
< 70 0C 5F 25 03 25 01 01 5F 24 03 28 12 31 90 0

# an answer whose command was lost
< 70 05 5F 28 02 02 76 90 00

# one byte of the PIN try counter's length is wrong: it promises more than there is
> 80 CA 9F 17 00
< 9F 17 05 03 90 00
> 00 B2 03 0C 00
< 6A 83

my terminal froze here, so I started again
> 00 A4 04 00 07 A0 00 00 00 03 10 10 00
< 6F 1F 84 07 A0 00 00 00 03 10 10 A5 14 50 0B 54 45 53 54 20 43 52 45 44 49 54 87 01 01 9F 11 01 01 90 00
> 00 B2 01 0C 00
< 70 12 5F 20 0F 43 41 52 44 48 4F 4C 44 45 52 2F 54 45 53 54 90 00
> 00 B2 02 0C 00
< 70 0C 5F 25 03 25 01 01 5F 24 03 28 12 31 90 00
"""


def make() -> bytes:
    """The file."""
    return TEXT.encode()
