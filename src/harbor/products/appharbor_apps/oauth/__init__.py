"""OAuth 2 as AppHarbor spoke it: clients, consent, and codes that are exchanged for tokens."""
