"""Makes the API reference of the contract: Markdown in docs/api, and HTML with the guides beside it."""
