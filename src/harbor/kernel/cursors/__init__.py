"""Cursors: when a page's end was handed out, because a cursor is good for 24 hours."""
