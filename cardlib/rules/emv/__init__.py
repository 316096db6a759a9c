# SPDX-License-Identifier: MIT
"""Rules about payments, a file a theme."""
