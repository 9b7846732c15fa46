"""``python -m ecoviv`` is ``ecoviv``."""

from ecoviv.cli import main

if __name__ == "__main__":
    main()
