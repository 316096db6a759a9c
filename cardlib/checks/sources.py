# SPDX-License-Identifier: MIT
"""The literature that rules cite, each written once and in full."""

from __future__ import annotations

BOOK3 = "EMV 4.4 Book 3"
BCMSA14 = "M. Bond, O. Choudary, S. J. Murdoch, S. Skorobogatov, R. Anderson, Chip and Skim, IEEE S&P 2014"
BST21A = "D. Basin, R. Sasse, J. Toro-Pozo, The EMV Standard: Break, Fix, Verify, IEEE S&P 2021"
GY19 = "L.-A. Galloway, T. Yunusov, First Contact: New Vulnerabilities in Contactless Payments, Black Hat Europe 2019"
MDAB10 = "S. J. Murdoch, S. Drimer, R. Anderson, M. Bond, Chip and PIN is Broken, IEEE S&P 2010, pp. 433-446"
