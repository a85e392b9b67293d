"""A stand-in for Music Assistant: only what a provider meets, written from its documentation."""
