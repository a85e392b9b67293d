"""`/v1/me/library/...` on both API hosts."""
