"""``python -m launch``: the product and everything it needs, until Ctrl-C."""

import sys

from launch.supervise import main

sys.exit(main())
