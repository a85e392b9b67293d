"""One module per command: `command` is what the command line names."""
