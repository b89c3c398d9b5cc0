"""Lessons: a text, what the window shows beside it, and what a person does, step by step. No Qt here."""
