# SPDX-License-Identifier: MIT
"""The libraries that only many captures need: each loaded when it is used, or asked for in one line."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..core.errors import CardlibError

_HOW = "pip install 'card-protocol-notebooks[corpus]'"


def needed(name: str) -> Any:
    """A module of another library; CardlibError says how to install it."""
    try:
        return import_module(name)
    except ImportError:
        package = name.partition(".")[0]
        raise CardlibError(f"many captures need {package}: {_HOW}") from None
