# SPDX-License-Identifier: MIT
"""What happened, card by card: events of an application, with their steps and evidence.

What is listed here is loaded when somebody asks for it: the library is imported before anything is told.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .register import (
        ACTION_CODES,
        PAYMENT_PHASES,
        Act,
        Ending,
        Statement,
        Step,
        Transaction,
        acts,
        alike,
        headline_of,
        informed,
        payment_act,
        payment_factors,
        payment_uses,
        proofs,
        transactions,
    )

__all__ = [
    "ACTION_CODES",
    "PAYMENT_PHASES",
    "Act",
    "Ending",
    "Statement",
    "Step",
    "Transaction",
    "acts",
    "alike",
    "headline_of",
    "informed",
    "payment_act",
    "payment_factors",
    "payment_uses",
    "proofs",
    "transactions",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(".register", __name__), name)
