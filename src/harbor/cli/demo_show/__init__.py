"""What `harbor demo` shows: a story in seven chapters, and the parts it needs on the stage.

`story`, `tables`, `hours` and `burst` tell it, `place`, `server` and `receiver` are what they act on, `screen` and `findings` are what is
seen of it. Harbor is used as anybody would use it: as a program, and through its client library.
"""
