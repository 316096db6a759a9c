# SPDX-License-Identifier: MIT
"""The cryptography of payment cards: functions on bytes, which know nothing of captures.

`blocks` and `sm` call the package `cryptography`; where it is absent they raise NotVerifiable, as
for bad lengths.
"""
