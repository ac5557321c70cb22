"""Projects: what work is done for, how it is billed, and how much it may take."""
