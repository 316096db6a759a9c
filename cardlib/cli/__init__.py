# SPDX-License-Identifier: MIT
"""The command line: one file a group of subcommands, and a bar for what takes long."""
