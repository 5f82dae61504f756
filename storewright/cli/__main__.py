"""`python -m storewright.cli` is `storewright`."""

from storewright.cli import main

if __name__ == "__main__":
    main()
