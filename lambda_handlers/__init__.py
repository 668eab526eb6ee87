"""Event in, call, result out."""
