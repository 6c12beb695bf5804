"""The Arrow type of text columns that several packages exchange."""

from __future__ import annotations

import pyarrow as pa

TEXT = pa.large_string()
