"""One module per use case, over the ports of the domain."""
