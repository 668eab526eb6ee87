"""Reading a live AWS account."""
