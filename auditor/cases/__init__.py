"""Rule cases: what a rule must say of known facts, in every spelling a source may hand it."""
