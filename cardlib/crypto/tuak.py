# SPDX-License-Identifier: MIT
"""TUAK: the functions f1 to f5* with Keccak (3GPP TS 35.231); the six sets of TS 35.233 agree.

K has 16 or 32 bytes, TOP and TOPc 32, RAND 16. hashlib has no bare Keccak permutation, so it is computed here.
"""

from __future__ import annotations

from dataclasses import field

from ..core.errors import NotVerifiable
from ..core.model import record
from .aka import AMF_SIZE, MAC_SIZE, SQN_SIZE, Quantities
from .blocks import need

_STATE_SIZE = 200
_ROUNDS = 24
_LANE = (1 << 64) - 1
_NAME = b"TUAK1.0"
MOST_ITERATIONS = 255
# Bits of the byte that says which function is computed, and for which sizes (TS 35.231, 6.2 to 6.5).
_LONG_KEY, _LONG_IK, _LONG_CK = 0x01, 0x02, 0x04
_SIZES = {4: 0x00, 8: 0x08, 16: 0x10, 32: 0x20}
_KEYS, _RESYNC_MAC, _RESYNC_MASK = 0x40, 0x80, 0xC0
_NO_AMF, _NO_SQN = bytes(AMF_SIZE), bytes(SQN_SIZE)
# Where the padding stands in the state: five ones, zeros, a one.
_PADDING = {96: 0x1F, 135: 0x80}


def _turned(lane: int, count: int) -> int:
    """A lane of 64 bits turned to the left."""
    return (lane << count | lane >> (64 - count)) & _LANE


def _round_constants() -> list[int]:
    """The constants of iota, from a shift register of 8 bits (FIPS 202, 3.2.5)."""
    constants = []
    register = 1
    for _ in range(_ROUNDS):
        constant = 0
        for exponent in range(7):
            if register & 1:
                constant |= 1 << ((1 << exponent) - 1)
            register <<= 1
            if register & 0x100:
                register ^= 0x171
        constants.append(constant)
    return constants


_CONSTANTS = _round_constants()


def keccak_f(state: bytes) -> bytes:
    """The permutation Keccak-f[1600] of 200 bytes (FIPS 202, 3.3)."""
    need("the state of Keccak", state, _STATE_SIZE)
    # lanes[x + 5 * y], lowest byte first
    lanes = []
    for at in range(0, _STATE_SIZE, 8):
        lane = state[at : at + 8]
        lanes.append(int.from_bytes(lane, "little"))
    for constant in _CONSTANTS:
        _theta(lanes)
        moved = _rho_and_pi(lanes)
        lanes = _chi(moved)
        lanes[0] ^= constant
    return b"".join(lane.to_bytes(8, "little") for lane in lanes)


def _theta(lanes: list[int]) -> None:
    """Add to each lane the parity of two columns."""
    columns = []
    for x in range(5):
        column = 0
        for y in range(5):
            column ^= lanes[x + 5 * y]
        columns.append(column)
    for x in range(5):
        before = columns[(x + 4) % 5]
        after = columns[(x + 1) % 5]
        parity = before ^ _turned(after, 1)
        for y in range(5):
            lanes[x + 5 * y] ^= parity


def _rho_and_pi(lanes: list[int]) -> list[int]:
    """Turn each lane by its offset and move it to its new place."""
    moved = [0] * 25
    moved[0] = lanes[0]
    x, y = 1, 0
    for step in range(24):
        offset = (step + 1) * (step + 2) // 2 % 64
        new_y = (2 * x + 3 * y) % 5
        lane = lanes[x + 5 * y]
        moved[y + 5 * new_y] = _turned(lane, offset)
        x, y = y, new_y
    return moved


def _chi(lanes: list[int]) -> list[int]:
    """Combine each lane with the next two of its row."""
    mixed = []
    for start in range(0, 25, 5):
        row = lanes[start : start + 5]
        for x, lane in enumerate(row):
            following = row[(x + 1) % 5]
            second = row[(x + 2) % 5]
            mask = ~following & _LANE
            mixed.append(lane ^ (mask & second))
    return mixed


def _size_bits(what: str, size: int) -> int:
    if size not in _SIZES:
        raise NotVerifiable(f"{what} has 4, 8, 16 or 32 bytes, not {size}")
    return _SIZES[size]


def derived_topc(key: bytes, top: bytes, iterations: int = 1) -> bytes:
    """TOPc of a subscriber from the operator's TOP."""
    need("TOP", top, 32)
    out = Tuak(key, top, iterations).output(0, bytes(16))
    return _backwards(out, 0, 32)


def _backwards(state: bytes, start: int, size: int) -> bytes:
    """A field of the state, which stands there backwards (TS 35.231, 6.1)."""
    value = state[start : start + size]
    return value[::-1]


@record
class Tuak:
    """The keys of one subscriber, and how often the permutation runs."""

    key: bytes = field(repr=False)
    topc: bytes = field(repr=False)
    iterations: int = 1

    def macs(
        self, rand: bytes, sqn: bytes, amf: bytes, size: int = MAC_SIZE
    ) -> tuple[bytes, bytes]:
        """MAC-A (f1) and MAC-S (f1*)."""
        function = _size_bits("MAC", size)
        out = self.output(function, rand, amf, sqn)
        resync_out = self.output(function | _RESYNC_MAC, rand, amf, sqn)
        return _backwards(out, 0, size), _backwards(resync_out, 0, size)

    def quantities(self, rand: bytes, sizes: tuple[int, int, int] = (8, 16, 16)) -> Quantities:
        """RES (f2), CK (f3), IK (f4), of these sizes, and AK (f5)."""
        res_size, ck_size, ik_size = sizes
        function = _KEYS | _size_bits("RES", res_size)
        if ck_size == 32:
            function |= _LONG_CK
        if ik_size == 32:
            function |= _LONG_IK
        out = self.output(function, rand)
        res = _backwards(out, 0, res_size)
        ck = _backwards(out, 32, ck_size)
        ik = _backwards(out, 64, ik_size)
        ak = _backwards(out, 96, SQN_SIZE)
        return Quantities(res, ck, ik, ak)

    def resync_mask(self, rand: bytes) -> bytes:
        """AK* (f5*)."""
        out = self.output(_RESYNC_MASK, rand)
        return _backwards(out, 96, SQN_SIZE)

    def output(
        self, function: int, rand: bytes, amf: bytes = _NO_AMF, sqn: bytes = _NO_SQN
    ) -> bytes:
        """The state after all runs of the permutation (TS 35.231, 6.1)."""
        need("K", self.key, 16, 32)
        need("TOPc", self.topc, 32)
        need("RAND", rand, 16)
        need("AMF", amf, AMF_SIZE)
        need("SQN", sqn, SQN_SIZE)
        if len(self.key) == 32:
            function |= _LONG_KEY
        result = self._input(function, rand, amf + sqn)
        for _ in range(self.iterations):
            result = keccak_f(result)
        return result

    def _input(self, function: int, rand: bytes, amf_and_sqn: bytes) -> bytes:
        state = bytearray(self.topc[::-1])
        state.append(function)
        state += _NAME[::-1]
        state += rand[::-1]
        state += amf_and_sqn[:AMF_SIZE][::-1]
        state += amf_and_sqn[AMF_SIZE:][::-1]
        state += self.key[::-1]
        missing = _STATE_SIZE - len(state)
        state += bytes(missing)
        for place, byte in _PADDING.items():
            state[place] = byte
        return bytes(state)
