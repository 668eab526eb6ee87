"""Where results go: object stores, metrics, Security Hub, notices. The only part of a run that writes to AWS."""
