"""Who calls, in which account, with which rights; the tokens that say so."""
