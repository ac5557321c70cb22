"""Harbour: verifications, agreements and e-signing. The contract is docs/products/harbour.md."""
