"""gRPC: servicers, conversion, errors."""
