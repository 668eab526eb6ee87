import sys
from pathlib import Path

# The sample builder lies beside the tests; test folders are not packages.
sys.path.insert(0, str(Path(__file__).parent))
