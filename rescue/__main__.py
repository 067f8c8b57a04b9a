"""`python -m rescue` is the command `rescue`."""

import sys

from rescue.cli.main import main

sys.exit(main())
