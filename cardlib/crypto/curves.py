# SPDX-License-Identifier: MIT
"""Elliptic curves over prime fields, and groups of powers: what an agreement on keys computes in.

To open and check what is on a wire, not to make secrets: the time that this takes would give away a private key.
"""

from __future__ import annotations

import functools
from pathlib import Path

from ..core.errors import NotVerifiable
from ..core.model import record
from ..core.registers import parse

Point = tuple[int, int] | None  # None: the point at infinity
_FILE = Path(__file__).with_name("domains.toml")
UNCOMPRESSED = b"\x04"  # before x and y (BSI TR-03111, 3.2.1)


@record
class Curve:
    """y^2 = x^3 + a x + b modulo p, with a base point of order n."""

    name: str
    p: int
    a: int
    b: int
    base: tuple[int, int]
    n: int

    @property
    def size(self) -> int:
        """Bytes of a coordinate."""
        return (self.p.bit_length() + 7) // 8

    def contains(self, x: int, y: int) -> bool:
        """Whether these are the coordinates of a point."""
        if x >= self.p or y >= self.p:
            return False
        difference = y * y - x**3 - self.a * x - self.b
        return difference % self.p == 0

    def add(self, first: Point, second: Point) -> Point:
        """The sum of two points."""
        if first is None:
            return second
        if second is None:
            return first
        x1, y1 = first
        x2, y2 = second
        if x1 != x2:
            slope = (y2 - y1) * pow(x2 - x1, -1, self.p)
        elif (y1 + y2) % self.p == 0:
            return None
        else:
            slope = (3 * x1**2 + self.a) * pow(2 * y1, -1, self.p)
        x = (slope**2 - x1 - x2) % self.p
        y = (slope * (x1 - x) - y1) % self.p
        return x, y

    def times(self, number: int, point: Point) -> Point:
        """A point added to itself so many times, by doubling."""
        total: Point = None
        while number:
            if number & 1:
                total = self.add(total, point)
            point = self.add(point, point)
            number >>= 1
        return total

    def point(self, data: bytes) -> tuple[int, int]:
        """A point from its bytes; NotVerifiable where it is none of the curve."""
        size = self.size
        x, y = int.from_bytes(data[1 : 1 + size]), int.from_bytes(data[1 + size :])
        is_whole = data[:1] == UNCOMPRESSED and len(data) == 1 + 2 * size
        if not is_whole or not self.contains(x, y):
            raise NotVerifiable(f"a public key that is no point of {self.name}")
        return x, y

    def written(self, point: Point) -> bytes:
        """The bytes of a point."""
        if point is None:
            raise NotVerifiable("the point at infinity is no public key")
        return UNCOMPRESSED + point[0].to_bytes(self.size) + point[1].to_bytes(self.size)


@record
class Group:
    """The powers of a generator g modulo a prime p; the generator has order n."""

    name: str
    p: int
    g: int
    n: int

    @property
    def size(self) -> int:
        """Bytes of an element."""
        return (self.p.bit_length() + 7) // 8

    def element(self, data: bytes) -> int:
        """An element from its bytes; NotVerifiable where it is none, or 0 or 1."""
        number = int.from_bytes(data)
        if not 1 < number < self.p - 1:
            raise NotVerifiable(f"a public key that is no element of {self.name}")
        return number

    def written(self, number: int) -> bytes:
        """The bytes of an element."""
        return number.to_bytes(self.size)


Domain = Curve | Group


@functools.cache
def _domains() -> dict[int, Domain]:
    domains: dict[int, Domain] = {}
    for number, row in parse(_FILE).items():
        values = {name: int(text, 16) for name, text in row.items() if name != "name"}
        if "g" in values:
            domain: Domain = Group(row["name"], values["p"], values["g"], values["n"])
        else:
            base = values["x"], values["y"]
            domain = Curve(row["name"], values["p"], values["a"], values["b"], base, values["n"])
        domains[int(number)] = domain
    return domains


def domain_of(number: int) -> Domain:
    """Standardised domain parameters by their number (ICAO Doc 9303-11, table 6)."""
    domain = _domains().get(number)
    if domain is None:
        raise NotVerifiable(f"domain parameters {number} are not known here")
    return domain
