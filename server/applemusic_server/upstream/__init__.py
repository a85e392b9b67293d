"""Apple over HTTP."""
