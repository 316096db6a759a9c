# SPDX-License-Identifier: MIT
"""Exercises of the notebooks, which check themselves: `verify("01.3", answer)`."""

from . import (
    captures,
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
    many,
    payments,
    purses,
    telecom,
)
from .engine import EXERCISES, TRACES, Solved, same, verify

__all__ = [
    "EXERCISES",
    "TRACES",
    "Solved",
    "captures",
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
    "many",
    "payments",
    "purses",
    "same",
    "telecom",
    "verify",
]
