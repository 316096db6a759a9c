# SPDX-License-Identifier: MIT
"""What happened, card by card: events of an application, with their steps and evidence."""
