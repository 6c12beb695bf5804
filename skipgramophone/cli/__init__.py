"""The command line: one module per command, which reads options, calls the package `pipeline` and prints the result."""
