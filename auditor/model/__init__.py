"""What the auditor talks about: facts, rules, verdicts, findings, coverage."""
