"""Events: write-once records that are kept and sent on."""
