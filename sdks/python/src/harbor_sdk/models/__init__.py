# Made by scripts/sdk_models from openapi/harbor-1.json. Do not edit.
"""What the server's objects look like: frozen values with the names of the wire."""
