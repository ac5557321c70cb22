"""Formation: how many processes of each type an application has, and how much memory each may take."""
