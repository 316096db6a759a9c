# SPDX-License-Identifier: MIT
"""The explorer: a capture as something one can walk in, as one page that asks for nothing, or in a notebook.

Python masks and escapes; the page is given chunks of compressed JSON (chunk.py), the same bytes in every host.
"""

from .explorer import Explorer, explore
from .growing import begun
from .notes import Note, Notes

__all__ = ["Explorer", "Note", "Notes", "begun", "explore"]
