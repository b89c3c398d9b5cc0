"""The stored settings, read with their types: what is damaged falls back to its default, and is reported once."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QByteArray, QSettings


class Settings:
    """Reads and writes settings; `faults` lists in words what could not be read."""

    def __init__(self, stored: QSettings) -> None:
        self._stored = stored
        self._faults: list[str] = []
        if stored.status() != QSettings.Status.NoError:
            self._faults.append("the file cannot be read, or has another form")

    @property
    def faults(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._faults))

    @property
    def file_name(self) -> str:
        return self._stored.fileName()

    def set(self, key: str, value: object) -> None:
        self._stored.setValue(key, value)

    def remove(self, group: str) -> None:
        """Remove a value, or a group of them."""
        self._stored.remove(group)

    def contains(self, key: str) -> bool:
        return self._stored.contains(key)

    def text(self, key: str, default: str = "", allowed: Collection[str] | None = None) -> str:
        """A text, one of `allowed` if given."""
        value = self._value(key)
        if value is None:
            return default
        if isinstance(value, str) and "\0" not in value and (allowed is None or value in allowed):
            return value
        self._reject(key, value, repr(default) if default else "nothing")
        return default

    def words(self, key: str, allowed: Sequence[str], default: Sequence[str]) -> tuple[str, ...]:
        """Some of the words of `allowed`, in their order."""
        value = self._value(key)
        if value is None:
            return tuple(default)
        if isinstance(value, str) and set(value.split()) <= set(allowed):
            return tuple(word for word in allowed if word in value.split())
        self._reject(key, value, ", ".join(default))
        return tuple(default)

    def number(self, key: str, default: float, allowed: Collection[float]) -> float:
        """One of these numbers."""
        value = self._value(key)
        if value is None:
            return default
        try:
            number = float(str(value))
        except ValueError:
            number = float("nan")
        if number in allowed:
            return number
        self._reject(key, value, f"{default:g}")
        return default

    def data(self, key: str) -> QByteArray | None:
        """Bytes that Qt has made; None if there are none."""
        value = self._value(key)
        if value is None or isinstance(value, QByteArray):
            return value
        self._reject(key, value, "the first layout")
        return None

    def reject(self, key: str) -> None:
        """Report a value that turned out to be damaged when it was used."""
        self._reject(key, None, "the first layout")

    def _value(self, key: str) -> object:
        return self._stored.value(key) if self._stored.contains(key) else None

    def _reject(self, key: str, value: object, default: str) -> None:
        """Note the fault, and forget the value, so that the next start does not report it again."""
        text = f"{key} is {value!r:.80}" if isinstance(value, str | int | float | list) else f"{key} is damaged"
        self._faults.append(f"{text}; used instead: {default}")
        self._stored.remove(key)
