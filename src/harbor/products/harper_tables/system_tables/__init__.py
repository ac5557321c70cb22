"""The tables of the database `system`: what the platform keeps of an account, as super users may read it."""
