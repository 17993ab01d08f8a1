"""`python -m poollint` is the command `poollint`."""

import sys

from poollint.frontends.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
