"""Run `sgp` as `python -m skipgramophone`."""

from skipgramophone.cli.app import main

if __name__ == "__main__":
    main()
