# SPDX-License-Identifier: MIT
"""Exercises of the notebooks, which check themselves: `verify("01.3", answer, reason)`; predictions; progress."""

from . import (
    answers,
    captures,
    cash,
    ceremony,
    chips,
    codes,
    course,
    engine,
    esims,
    evidence,
    identity,
    investigation,
    keys,
    ledger,
    life,
    many,
    payments,
    predictions,
    purses,
    telecom,
)
from .answers import same
from .engine import EXERCISES, TRACES, Reason, Solved, again, verify
from .ledger import progress
from .predictions import predict, reveal

__all__ = [
    "EXERCISES",
    "TRACES",
    "Reason",
    "Solved",
    "again",
    "answers",
    "captures",
    "cash",
    "ceremony",
    "chips",
    "codes",
    "course",
    "engine",
    "esims",
    "evidence",
    "identity",
    "investigation",
    "keys",
    "ledger",
    "life",
    "many",
    "payments",
    "predict",
    "predictions",
    "progress",
    "purses",
    "reveal",
    "same",
    "telecom",
    "verify",
]
