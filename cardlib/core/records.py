# SPDX-License-Identifier: MIT
"""How the types are made: slotted dataclasses, of which a process compiles only what it uses."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, make_dataclass
from typing import Any, TypeVar, dataclass_transform

_T = TypeVar("_T")

# `dataclass` compiles each of them for each type, a sixth of the time of the import; few types are ever asked.
_COMPILED_LATER = ("__eq__", "__hash__", "__repr__")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[_T]) -> type[_T]:
    """A slotted dataclass that the type checker treats as frozen; run time pays nothing for it.

    Records are equal, and hash, by the fields that are compared.
    """
    made = dataclass(slots=True, eq=False, repr=False)(cls)
    missing = [name for name in _COMPILED_LATER if name not in vars(cls)]
    for name in missing:
        setattr(made, name, _at_first_call(made, name, missing))
    return made


def _at_first_call(made: type, name: str, missing: list[str]) -> Any:
    """A method that puts what `dataclass` compiles in its own place, and in that of the others."""

    def first(self: Any, *arguments: Any) -> Any:
        twin = _twin(made)
        for method in missing:
            setattr(made, method, getattr(twin, method))
        return getattr(twin, name)(self, *arguments)

    return first


def _twin(made: type) -> type:
    """A dataclass with the same fields, for the methods that do not depend on the class."""
    same_fields = [
        (item.name, object, field(repr=item.repr, hash=item.hash, compare=item.compare))
        for item in fields(made)
    ]
    return make_dataclass("twin", same_fields, init=False, unsafe_hash=True)
