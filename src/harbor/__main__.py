"""`python -m harbor`: the program `harbor`, also where no script is installed."""

from harbor.cli.main import main

if __name__ == "__main__":
    main()
