"""Sentences and suggestions that any room may use; nothing is read or judged here."""
