"""What the server's objects look like: frozen values with the names of the wire."""
