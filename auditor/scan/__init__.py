"""A run from targets to a report: collect, judge, count."""
