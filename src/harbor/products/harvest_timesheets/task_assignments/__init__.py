"""Which tasks are done on which project, and whether they are billed."""
