# SPDX-License-Identifier: MIT
"""Times: clocks, durations, differences, what the wire alone takes; two captures compared by meaning."""
