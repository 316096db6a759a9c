# SPDX-License-Identifier: MIT
"""The literature that rules cite, each written once and in full."""

from __future__ import annotations

BOOK2 = "EMV 4.4 Book 2"
BOOK3 = "EMV 4.4 Book 3"
ABM06 = "R. Anderson, M. Bond, S. J. Murdoch, Chip and Spin, Computer Security Journal 22(2), 2006"
BBLF11 = "A. Barisani, D. Bianco, A. Laurie, Z. Franken, Chip & PIN is Definitely Broken, CanSecWest 2011"
BCMSA14 = "M. Bond, O. Choudary, S. J. Murdoch, S. Skorobogatov, R. Anderson, Chip and Skim, IEEE S&P 2014"
BST21A = "D. Basin, R. Sasse, J. Toro-Pozo, The EMV Standard: Break, Fix, Verify, IEEE S&P 2021"
CGRBT15 = "T. Chothia et al., Relay Cost Bounding for Contactless EMV Payments, FC 2015, LNCS 8975, pp. 189-206"
EAFHM14 = "M. Emms et al., Harvesting High Value Foreign Currency Transactions, ACM CCS 2014, pp. 716-726"
FGNT15 = "H. Ferradi, R. Géraud, D. Naccache, A. Tria, When Organized Crime Applies Academic Results, JCEN 6(1), 2016"
GY19 = "L.-A. Galloway, T. Yunusov, First Contact: New Vulnerabilities in Contactless Payments, Black Hat Europe 2019"
MDAB10 = "S. J. Murdoch, S. Drimer, R. Anderson, M. Bond, Chip and PIN is Broken, IEEE S&P 2010, pp. 433-446"
PCBC25 = "G. Pavlides, A. Clee, I. Boureanu, T. Chothia, More is Less, USENIX Security 2025"
RCNBC22 = "A.-I. Radu et al., Practical EMV Relay Protection, IEEE S&P 2022"
RL13 = "M. Roland, J. Langer, Cloning Credit Cards: A Combined Pre-play and Downgrade Attack, USENIX WOOT 2013"
Y21 = "T. Yunusov, Hand in Your Pocket Without You Noticing, Black Hat Europe 2021"
BCDD20 = "I. Boureanu et al., Relay-Resistant Contactless Payments, ACM CCS 2020"
EMMS11 = "M. Emms, A. van Moorsel, Practical Attack on Contactless Payment Cards, HCI 2011 Workshop on HHTI"
