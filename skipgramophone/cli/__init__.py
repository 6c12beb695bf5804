"""The command line: one module per command, which reads options, calls a use case and prints the result."""
