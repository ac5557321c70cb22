"""Registration, the fingerprint, and licences, which limit nothing."""
