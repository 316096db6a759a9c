# SPDX-License-Identifier: MIT
"""The payment transaction as an object: its data, its phases, what was decided in each, and by which bytes."""
