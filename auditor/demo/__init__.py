"""The embedded AWS and its sample account."""
