"""An independent implementation of look-ups and metrics, written from the docs with numpy and pandas only."""
