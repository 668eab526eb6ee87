"""Many accounts on a schedule: planning, one target at a time with checkpoints, merging, single changes."""
