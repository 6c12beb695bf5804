"""`python -m skipgramophone` is `sgp`."""

from skipgramophone.cli.app import main

if __name__ == "__main__":
    main()
