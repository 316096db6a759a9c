# SPDX-License-Identifier: MIT
"""Authentication and key agreement: what network and card compute, whatever the algorithm (3GPP TS 33.102, 6.3).

RAND has 16 bytes, SQN 6, AMF 2. AUTN is SQN masked with AK, then AMF, then MAC-A; AUTS is SQN masked with AK*, then
MAC-S.
"""

from __future__ import annotations

from dataclasses import field
from typing import Protocol

from ..core.model import record
from .blocks import need, xor

SQN_SIZE, AMF_SIZE, MAC_SIZE = 6, 2, 8
AUTN_SIZE = SQN_SIZE + AMF_SIZE + MAC_SIZE
AUTS_SIZE = SQN_SIZE + MAC_SIZE
RESYNC_AMF = bytes(AMF_SIZE)  # 3GPP TS 33.102, 6.3.3
_SRES_SIZE = 4


@record
class Quantities:
    """What the card answers: RES, the keys CK and IK; and AK, which masks the sequence number."""

    res: bytes = field(repr=False)
    ck: bytes = field(repr=False)
    ik: bytes = field(repr=False)
    ak: bytes = field(repr=False)


class Algorithm(Protocol):
    """The functions f1 to f5* with the keys of one subscriber."""

    def macs(self, rand: bytes, sqn: bytes, amf: bytes) -> tuple[bytes, bytes]:
        """MAC-A and MAC-S."""

    def quantities(self, rand: bytes, sizes: tuple[int, int, int]) -> Quantities:
        """RES, CK, IK and AK; `sizes` are the bytes of the first three, where the algorithm has a choice."""

    def resync_mask(self, rand: bytes) -> bytes:
        """AK*, which masks the sequence number of AUTS."""


@record
class Token:
    """AUTN or AUTS, divided. AUTS has no AMF."""

    masked_sqn: bytes
    amf: bytes
    mac: bytes

    def sqn(self, mask: bytes) -> bytes:
        """The sequence number behind its mask."""
        return xor(self.masked_sqn, mask)


def divided_autn(autn: bytes) -> Token:
    """AUTN in its three parts."""
    need("AUTN", autn, AUTN_SIZE)
    mac_start = SQN_SIZE + AMF_SIZE
    return Token(autn[:SQN_SIZE], autn[SQN_SIZE:mac_start], autn[mac_start:])


def divided_auts(auts: bytes) -> Token:
    """AUTS in its two parts; MAC-S is over an AMF of zeros."""
    need("AUTS", auts, AUTS_SIZE)
    return Token(auts[:SQN_SIZE], RESYNC_AMF, auts[SQN_SIZE:])


def folded_res(res: bytes) -> bytes:
    """SRES of 2G from RES: its words of 4 bytes, filled up with zeros, added (3GPP TS 33.102, 6.8.1.2, c2)."""
    need("RES", res, 4, 8, 16)
    sres = bytes(_SRES_SIZE)
    for start in range(0, len(res), _SRES_SIZE):
        sres = xor(sres, res[start : start + _SRES_SIZE])
    return sres


def folded_keys(ck: bytes, ik: bytes) -> bytes:
    """Kc of 2G from CK and IK: their halves added (3GPP TS 33.102, 6.8.1.2, c3)."""
    need("CK", ck, 16)
    need("IK", ik, 16)
    return xor(xor(ck[:8], ck[8:]), xor(ik[:8], ik[8:]))
