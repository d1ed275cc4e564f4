"""`python -m docs.gallery`: build the gallery or check that it is up to date."""

import sys

from docs.gallery.build import main

sys.exit(main(sys.argv[1:]))
