# SPDX-License-Identifier: MIT
"""What happened, card by card: events of an application, with their steps and evidence.

What is listed here is loaded when somebody asks for it: the library is imported before anything is told.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .act import Act, Ending, Statement, Step, alike, headline_of
    from .emv.act import payment_act
    from .emv.algorithms import payment_uses
    from .emv.factors import payment_factors
    from .emv.proofs import proofs
    from .emv.transaction import Transaction, transactions
    from .register import ACTION_CODES, PAYMENT_PHASES, acts, informed

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

# Each name and the module that has it.
_HOMES = {
    "ACTION_CODES": "register",
    "PAYMENT_PHASES": "register",
    "Act": "act",
    "Ending": "act",
    "Statement": "act",
    "Step": "act",
    "Transaction": "emv.transaction",
    "acts": "register",
    "alike": "act",
    "headline_of": "act",
    "informed": "register",
    "payment_act": "emv.act",
    "payment_factors": "emv.factors",
    "payment_uses": "emv.algorithms",
    "proofs": "emv.proofs",
    "transactions": "emv.transaction",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
