"""Recognizes the format of a file by its content, and says what a file is that cannot be read."""
