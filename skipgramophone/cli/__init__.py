"""The command line: one file a command; it builds settings, calls the pipeline, and shows what came of it."""
