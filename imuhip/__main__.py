"""``python -m imuhip`` is the command line."""

from imuhip.cli import main

if __name__ == "__main__":
    main()
