"""What wraps every call."""
