"""Policy documents: what they allow and to whom."""
