# SPDX-License-Identifier: MIT
"""MILENAGE: the functions f1 to f5* with AES (3GPP TS 35.206); the six sets of TS 35.207 agree.

K, OP, OPc and RAND have 16 bytes.
"""

from __future__ import annotations

from dataclasses import field

from ..core.model import record
from .aka import AMF_SIZE, SQN_SIZE, Quantities
from .blocks import aes_encrypt, need, xor

_BLOCK = 16
# By how many bytes the input turns, and the constant that is added (4.1): r1 to r5, c1 to c5.
_TURNS = {1: 8, 2: 0, 3: 4, 4: 8, 5: 12}
_CONSTANTS = {1: 0, 2: 1, 3: 2, 4: 4, 5: 8}


def derived_opc(key: bytes, op: bytes) -> bytes:
    """OPc of a subscriber from the operator's OP."""
    need("OP", op, _BLOCK)
    enciphered = _encrypted(key, op)
    return xor(enciphered, op)


def _encrypted(key: bytes, block: bytes) -> bytes:
    need("K", key, _BLOCK)
    return aes_encrypt(key, block)


def _turned(block: bytes, count: int) -> bytes:
    """The block turned by whole bytes towards its beginning."""
    return block[count:] + block[:count]


@record
class Milenage:
    """The keys of one subscriber."""

    key: bytes = field(repr=False)
    opc: bytes = field(repr=False)

    def macs(self, rand: bytes, sqn: bytes, amf: bytes) -> tuple[bytes, bytes]:
        """MAC-A (f1) and MAC-S (f1*)."""
        need("SQN", sqn, SQN_SIZE)
        need("AMF", amf, AMF_SIZE)
        once = sqn + amf
        added = xor(once + once, self.opc)
        turned = _turned(added, _TURNS[1])
        mixed = self._mixed(rand)
        both = self._finished(xor(mixed, turned))
        return both[:8], both[8:]

    def quantities(self, rand: bytes, sizes: tuple[int, int, int] = (8, 16, 16)) -> Quantities:
        """RES (f2), CK (f3), IK (f4) and AK (f5); MILENAGE has one size of each."""
        ak_and_res = self._output(rand, 2)
        ck = self._output(rand, 3)
        ik = self._output(rand, 4)
        ak = ak_and_res[:SQN_SIZE]
        return Quantities(ak_and_res[8:], ck, ik, ak)

    def resync_mask(self, rand: bytes) -> bytes:
        """AK* (f5*)."""
        block = self._output(rand, 5)
        return block[:SQN_SIZE]

    def _mixed(self, rand: bytes) -> bytes:
        need("RAND", rand, _BLOCK)
        need("OPc", self.opc, _BLOCK)
        added = xor(rand, self.opc)
        return _encrypted(self.key, added)

    def _output(self, rand: bytes, number: int) -> bytes:
        """OUT2 to OUT5."""
        mixed = self._mixed(rand)
        added = xor(mixed, self.opc)
        turned = _turned(added, _TURNS[number])
        constant = bytes((_CONSTANTS[number],))
        padded = constant.rjust(_BLOCK, b"\0")
        return self._finished(xor(turned, padded))

    def _finished(self, block: bytes) -> bytes:
        """The last step of every function: enciphered, and OPc added."""
        enciphered = _encrypted(self.key, block)
        return xor(enciphered, self.opc)
