"""`python -m analyzer`: the command line, where no script was installed."""

from analyzer.cli.main import main

if __name__ == "__main__":
    main()
