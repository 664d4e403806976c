"""The pure parts: book, matching, account, features. No Trio, no clock, no files."""
