"""The command line from a checkout: ``python cli.py convert article.spip``."""

from spipconv.commands import main

if __name__ == "__main__":
    main()
