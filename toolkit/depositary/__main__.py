"""`python -m depositary`."""

from depositary.cli import main

main()
