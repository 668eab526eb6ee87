"""The benchmark suite: a canned SageMaker endpoint, synthetic accounts, a floor and the runner.

Run it from the root of the checkout with ``python -m benchmarks``; see ``docs/performance.md``.
"""
