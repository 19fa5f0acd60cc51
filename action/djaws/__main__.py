"""`python -m djaws`."""

from djaws.cli import main

if __name__ == "__main__":
    main()
