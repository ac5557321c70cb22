"""Administration: configuration, the system, logs, analytics, components, keys, clustering, licences, backups."""
