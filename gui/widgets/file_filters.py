"""The kinds of files that dialogs list."""


def file_filter(title: str, suffixes: tuple[str, ...]) -> str:
    """``Photos (*.jpg *.png)``."""
    return f"{title} ({' '.join('*' + suffix for suffix in suffixes)})"
