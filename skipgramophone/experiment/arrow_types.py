"""The Arrow type of text columns that several modules exchange."""

from __future__ import annotations

import pyarrow as pa

TEXT = pa.large_string()
