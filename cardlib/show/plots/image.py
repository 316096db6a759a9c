# SPDX-License-Identifier: MIT
"""A plot as an image that carries its alternative text."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from ...core.escape import escape

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Picture:
    """A figure as an <img> with its alt sentence: what an untrusted notebook still shows."""

    def __init__(self, png: bytes, alt: str) -> None:
        self.png = png
        self.alt = alt

    def __repr__(self) -> str:
        return f"picture: {self.alt}"

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png).decode("ascii")
        return f'<img alt="{escape(self.alt, "attribute")}" src="data:image/png;base64,{data}">'


def picture(ax: Axes) -> Picture:
    """The figure of these Axes with the sentence that the plot wrote for those who do not see it; closes the figure."""
    from matplotlib import pyplot as plt

    figure = ax.get_figure(root=True)
    buffer = io.BytesIO()
    if figure is not None:
        figure.savefig(buffer, format="png", metadata={"Software": None})
        plt.close(figure)
    return Picture(buffer.getvalue(), ax.get_gid() or ax.get_title())
