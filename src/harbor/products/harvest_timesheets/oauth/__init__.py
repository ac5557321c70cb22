"""OAuth 2: applications, consent, codes and tokens."""
