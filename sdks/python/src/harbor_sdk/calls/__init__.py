"""The operations of the API as pure functions: arguments in, a `Call` or `ListCall` out, no socket in sight."""
