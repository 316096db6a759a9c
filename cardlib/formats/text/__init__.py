# SPDX-License-Identifier: MIT
"""The learned reader: a pasted log in any layout, read as the one dialogue that explains it best."""
