# SPDX-License-Identifier: MIT
"""The version of this library: what the front calls itself, and workers of a cluster compare."""

from __future__ import annotations

VERSION = "0.2.0"
