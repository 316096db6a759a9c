# SPDX-License-Identifier: MIT
"""Bytes and facts: types, text forms, TLV, rows, APDUs, blocks. Knows no application and no file format."""
