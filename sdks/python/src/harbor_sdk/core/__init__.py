"""The client without sockets: requests as values, replies as values, and pure rules between them."""
