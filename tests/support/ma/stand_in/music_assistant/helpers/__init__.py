"""What the host has for its providers."""
