"""The server as a plugin that another program starts, by the handshake of HashiCorp's go-plugin."""
