"""Where a host looks for its providers."""
