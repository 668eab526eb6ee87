"""One run of the gate: files found, told apart, judged and counted."""
