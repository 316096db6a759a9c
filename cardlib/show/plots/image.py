# SPDX-License-Identifier: MIT
"""A plot as an image that carries its alternative text."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from ...core.escape import escape

if TYPE_CHECKING:
    from matplotlib.axes import Axes


# Pixels of the image for each pixel of the page: letters stay sharp on screens of today, and on paper.
SHARPNESS = 2
COLOURS = 64  # of an image: its few flat colours, and the edges of letters


class Picture:
    """A figure as an <img> with its alt sentence: what an untrusted notebook still shows.

    Its ground is white, so that it can be read in a dark notebook, too.
    """

    def __init__(self, png: bytes, alt: str) -> None:
        self.png = png
        self.alt = alt

    def __repr__(self) -> str:
        return f"picture: {self.alt}"

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png).decode("ascii")
        alt = escape(self.alt, "attribute")
        return f'<img alt="{alt}" src="data:image/png;base64,{data}" width="{self.width}">'

    @property
    def width(self) -> int:
        """How wide it is on a page, in pixels; the image has more. (PNG, 11.2.2: bytes 16 to 20 are its width.)"""
        return int.from_bytes(self.png[16:20], "big") // SHARPNESS


def picture(ax: Axes) -> Picture:
    """The figure of these Axes with the sentence that the plot wrote for those who do not see it; closes the figure."""
    from matplotlib import pyplot as plt

    figure = ax.get_figure(root=True)
    buffer = io.BytesIO()
    if figure is not None:
        figure.savefig(buffer, format="png", dpi=SHARPNESS * figure.dpi, facecolor="white")
        plt.close(figure)
    return Picture(_small(buffer), ax.get_gid() or ax.get_title())


def _small(buffer: io.BytesIO) -> bytes:
    """The image with few colours: a quarter of the bytes, for notebooks that keep their pictures."""
    from PIL import Image

    small = io.BytesIO()
    with Image.open(buffer) as image:
        # This method keeps the colours of small areas as they are: a class of commands has one of its own.
        few = image.convert("RGB").quantize(
            COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
    few.save(small, "PNG", optimize=True)
    return small.getvalue()
