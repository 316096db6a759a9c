# SPDX-License-Identifier: MIT
"""Many captures as one dataset: tables in Parquet, made by parts, here or on a cluster, asked with pandas or SQL."""
