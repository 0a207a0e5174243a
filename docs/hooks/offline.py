"""Pack a built site as one zip to read offline: offline.py site site.zip."""

import sys

from book.material.offline import main

if __name__ == "__main__":
    sys.exit(main())
