"""What `harbor demo` shows: a story in six chapters, and the parts it needs on the stage.

`story`, `tables` and `burst` tell it, `place`, `server` and `receiver` are what they act on, `screen` and `findings` are what is
seen of it. Harbor is used as anybody would use it: as a program, and through its client library.
"""
