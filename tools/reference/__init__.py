"""Makes the API reference: Markdown in docs/api, and HTML with the guides beside it."""
