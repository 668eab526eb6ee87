import sys
from pathlib import Path

# The sample reports lie beside the tests of the renderers; test folders are not packages.
sys.path.insert(0, str(Path(__file__).parents[1] / "reports"))
