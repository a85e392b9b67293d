"""HTTP: metrics, health, and the sign-in page."""
