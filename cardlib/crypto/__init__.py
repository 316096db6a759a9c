# SPDX-License-Identifier: MIT
"""The cryptography of payment cards, as functions on bytes: they know keys and data, and nothing of captures.

`blocks` and `sm` call the package `cryptography`; where it is absent they raise NotVerifiable, as for bad lengths.
"""
