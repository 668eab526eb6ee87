"""``python -m benchmarks`` runs the suite."""

from benchmarks.run import main

main()
