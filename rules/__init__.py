"""The rules: pure functions of typed facts, one module per concern."""
