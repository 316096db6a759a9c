# SPDX-License-Identifier: MIT
"""A subscriber: his secret in the card, and the network that knows it too (3GPP TS 33.102, 6.3)."""

from __future__ import annotations

from random import Random

from cardlib.crypto.aka import RESYNC_AMF, SQN_SIZE, divided_autn, folded_keys, folded_res
from cardlib.crypto.blocks import xor
from cardlib.crypto.milenage import Milenage

AMF = bytes.fromhex("8000")
SUCCESS, OUT_OF_STEP = "DB", "DC"
MAC_FAILURE = 0x9862


def number(value: int) -> bytes:
    """A sequence number."""
    return value.to_bytes(SQN_SIZE)


class Subscriber:
    """What the card computes: it keeps the highest sequence number that it accepted."""

    def __init__(self, key: bytes, opc: bytes, sqn: int) -> None:
        self.algorithm = Milenage(key, opc)
        self.sqn = sqn

    def in_3g(self, rand: bytes, autn: bytes) -> bytes | None:
        """The answer to a challenge (TS 31.102, 7.1.2.1); None where the network's proof is wrong."""
        quantities = self.algorithm.quantities(rand)
        token = divided_autn(autn)
        sqn = token.sqn(quantities.ak)
        mac, _ = self.algorithm.macs(rand, sqn, token.amf)
        if mac != token.mac:
            return None
        count = int.from_bytes(sqn)
        if count <= self.sqn:
            auts = self._resync(rand)
            return bytes.fromhex(OUT_OF_STEP) + _sized(auts)
        self.sqn = count
        answer = bytes.fromhex(SUCCESS)
        for part in (quantities.res, quantities.ck, quantities.ik, self._kc(rand)):
            answer += _sized(part)
        return answer

    def in_2g(self, rand: bytes) -> bytes:
        """SRES and Kc, without a proof of the network (7.1.2.2)."""
        quantities = self.algorithm.quantities(rand)
        sres = folded_res(quantities.res)
        return _sized(sres) + _sized(self._kc(rand))

    def _kc(self, rand: bytes) -> bytes:
        quantities = self.algorithm.quantities(rand)
        return folded_keys(quantities.ck, quantities.ik)

    def _resync(self, rand: bytes) -> bytes:
        """AUTS: the card's own sequence number, and a proof of it (6.3.3)."""
        own = number(self.sqn)
        mask = self.algorithm.resync_mask(rand)
        _, mac = self.algorithm.macs(rand, own, RESYNC_AMF)
        return xor(own, mask) + mac


def _sized(value: bytes) -> bytes:
    """A value after its length."""
    return bytes((len(value),)) + value


class Network:
    """The home network: it draws challenges and counts them."""

    def __init__(self, key: bytes, opc: bytes, sqn: int, seed: int) -> None:
        self.algorithm = Milenage(key, opc)
        self.sqn = sqn
        self.random = Random(f"network {seed}")

    def challenge(self) -> bytes:
        """RAND and AUTN of a new authentication, each after its length."""
        self.sqn += 1
        rand = self.random.randbytes(16)
        quantities = self.algorithm.quantities(rand)
        sqn = number(self.sqn)
        mac, _ = self.algorithm.macs(rand, sqn, AMF)
        masked_sqn = xor(sqn, quantities.ak)
        autn = masked_sqn + AMF + mac
        return _sized(rand) + _sized(autn)

    def resynchronise(self, challenge: bytes, auts: bytes) -> None:
        """Count on from the card's number, which AUTS tells (6.3.5)."""
        rand = challenge[1:17]
        mask = self.algorithm.resync_mask(rand)
        sqn = xor(auts[:SQN_SIZE], mask)
        self.sqn = int.from_bytes(sqn)
