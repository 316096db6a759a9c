# SPDX-License-Identifier: MIT
"""The literature that rules cite, each written once and in full."""

from __future__ import annotations

ABM06 = "R. Anderson, M. Bond, S. J. Murdoch, Chip and Spin, 2006"
AF18 = (
    "G. Avoine, L. Ferreira, Attacking GlobalPlatform SCP02-compliant Smart Cards Using a Padding "
    "Oracle Attack, TCHES 2018(2), pp. 149-170"
)
AKQ08 = (
    "G. Avoine, K. Kalach, J.-J. Quisquater, ePassport: Securing International Contacts with "
    "Contactless Chips, FC 2008"
)
B08 = "J. van Beek, ePassports reloaded, Black Hat USA 2008"
ADAPTIVE19 = "AdaptiveMobile Security, Simjacker Technical Report, 2019"
AMRRRGB12 = (
    "M. Arapinis et al., New Privacy Issues in Mobile Telephony: Fix and Verification, "
    "ACM CCS 2012, pp. 205-216"
)
BBLF11 = (
    "A. Barisani, D. Bianco, A. Laurie, Z. Franken, Chip & PIN is Definitely Broken, "
    "CanSecWest 2011"
)
BCDD20 = (
    "I. Boureanu et al., "
    "Security Analysis and Implementation of Relay-Resistant Contactless Payments, ACM CCS 2020"
)
BCMSA14 = (
    "M. Bond, O. Choudary, S. J. Murdoch, S. Skorobogatov, R. Anderson, Chip and Skim, "
    "IEEE S&P 2014"
)
BFKLSST12 = (
    "R. Bardou et al., Efficient Padding Oracle Attacks on Cryptographic Hardware, "
    "CRYPTO 2012, pp. 608-625"
)
BGW98 = "M. Briceno, I. Goldberg, D. Wagner, GSM Cloning, 1998"
BOOK2 = "EMV 4.4 Book 2"
BOOK3 = "EMV 4.4 Book 3"
BSCHT23 = (
    "D. Basin, P. Schaller, J. Toro-Pozo, Inducing Authentication Failures, "
    "USENIX Security 2023, pp. 3065-3079"
)
BST21A = "D. Basin, R. Sasse, J. Toro-Pozo, The EMV Standard: Break, Fix, Verify, IEEE S&P 2021"
BST21B = (
    "D. Basin, R. Sasse, J. Toro-Pozo, Card Brand Mixup Attack, USENIX Security 2021, pp. 179-194"
)
C09 = "N. T. Courtois, The Dark Side of Security by Obscurity, SECRYPT 2009, pp. 331-338"
CGRBT15 = (
    "T. Chothia et al., Relay Cost Bounding for Contactless EMV Payments, FC 2015, "
    "LNCS 8975, pp. 189-206"
)
EAFHM14 = (
    "M. Emms et al., Harvesting High Value Foreign Currency Transactions, ACM CCS 2014, pp. 716-726"
)
DKGHG08 = (
    "G. de Koning Gans, J.-H. Hoepman, F. D. Garcia, A Practical Attack on the MIFARE Classic, "
    "CARDIS 2008"
)
FGNT15 = (
    "H. Ferradi, R. Géraud, D. Naccache, A. Tria, "
    "When Organized Crime Applies Academic Results, JCEN 6(1), 2016"
)
GKMRVWJ08 = "F. D. Garcia et al., Dismantling MIFARE Classic, ESORICS 2008, pp. 97-114"
GKVM12 = "F. D. Garcia et al., Dismantling iClass and iClass Elite, ESORICS 2012, pp. 697-715"
GRVS09 = "F. D. Garcia et al., Wirelessly Pickpocketing a MIFARE Classic Card, IEEE S&P 2009"
GY19 = (
    "L.-A. Galloway, T. Yunusov, First Contact: New Vulnerabilities in Contactless Payments, "
    "Black Hat Europe 2019"
)
HENINGER12 = (
    "N. Heninger, Z. Durumeric, E. Wustrow, J. A. Halderman, Mining Your Ps and Qs, "
    "USENIX Security 2012"
)
HHJSW06 = (
    "J.-H. Hoepman, E. Hubbers, B. Jacobs, M. Oostdijk, R. Wichers Schreur, Crossing Borders: "
    "Security and Privacy Issues of the European e-Passport, IWSEC 2006"
)
MDAB10 = (
    "S. J. Murdoch, S. Drimer, R. Anderson, M. Bond, Chip and PIN is Broken, IEEE S&P 2010, "
    "pp. 433-446"
)
MHEMY25 = (
    "M. Mehr Nezhad et al., SoK: Security of EMV Contactless Payment Systems, IEEE EuroS&P 2025"
)
NSSKM17 = "M. Nemec et al., The Return of Coppersmith's Attack, ACM CCS 2017, pp. 1631-1648"
NOHL13 = "K. Nohl, Rooting SIM Cards, Black Hat USA 2013"
OP11 = "D. Oswald, C. Paar, Breaking MIFARE DESFire MF3ICD40, CHES 2011, pp. 207-222"
PCBC25 = "G. Pavlides, A. Clee, I. Boureanu, T. Chothia, More is Less, USENIX Security 2025"
RCNBC22 = "A.-I. Radu et al., Practical EMV Relay Protection, IEEE S&P 2022"
RL13 = (
    "M. Roland, J. Langer, Cloning Credit Cards: A Combined Pre-play and Downgrade Attack, "
    "USENIX WOOT 2013"
)
SM15 = "T. Schneider, A. Moradi, Leakage Assessment Methodology, CHES 2015"
T24 = (
    "P. Teuwen, MIFARE Classic: Exposing the Static Encrypted Nonce Variant, IACR ePrint 2024/1275"
)
Y21 = "T. Yunusov, Hand in Your Pocket Without You Noticing, Black Hat Europe 2021"
