# SPDX-License-Identifier: MIT
"""Several exchanges as one thing: counted, gone through, asked for by their numbers, printed a line each."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from operator import attrgetter
from typing import Generic, TypeVar, overload

from .printing import Printed

T = TypeVar("T")


class Listed(tuple[T, ...], Printed):
    """Things in order, which print a line each."""

    __slots__ = ()
    __str__ = Printed.__str__
    __repr__ = Printed.__str__


class Numbered(Printed, Generic[T]):
    """What holds exchanges, each of which has a number (`index`)."""

    __slots__ = ()

    @property
    @abstractmethod
    def exchanges(self) -> Listed[T]:
        """All of them."""

    def __len__(self) -> int:
        return len(self.exchanges)

    def __bool__(self) -> bool:
        """What holds none is there, too."""
        return True

    def __iter__(self) -> Iterator[T]:
        return iter(self.exchanges)

    @overload
    def __getitem__(self, number: int) -> T: ...

    @overload
    def __getitem__(self, number: slice) -> Listed[T]: ...

    def __getitem__(self, number: int | slice) -> T | Listed[T]:
        """The exchange of that number, as prints give it, or several: `capture[48]`, `capture[48:51]`."""
        # Where readers take turns, the sessions do not follow each other in the order of the numbers.
        by_number = sorted(self.exchanges, key=attrgetter("index"))
        if isinstance(number, slice):
            return Listed(by_number[number])
        return by_number[number]
