"""What the server talks about, and the ports it needs: standard library only."""
