"""``python -m spipconv``."""

from spipconv.commands import main

if __name__ == "__main__":
    main()
