"""The command line: one module per command. It reads options, calls a use case and prints the result."""
