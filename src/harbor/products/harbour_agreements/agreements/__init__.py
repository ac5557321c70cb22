"""Agreements: what is to be signed, in versions, with the fields that signers fill."""
