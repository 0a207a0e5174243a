"""Trials of the post's statements: a module for each page that quotes some."""
