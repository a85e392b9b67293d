"""Apple Music's side on loopback, for building and testing clients without an account."""
