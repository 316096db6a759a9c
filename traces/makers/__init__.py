# SPDX-License-Identifier: MIT
"""A card in software, a terminal, an issuer, and a man in the middle: what the traces here are made with."""
