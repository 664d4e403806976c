"""``python -m mm`` is ``mm``."""

import sys

from mm.cli import main

sys.exit(main())
