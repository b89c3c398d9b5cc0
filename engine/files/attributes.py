"""What a file has besides its content, and must keep when it is replaced: owner, permissions, access list, names."""

import os
from contextlib import suppress
from errno import EACCES, ENOSYS, ENOTSUP, EPERM
from pathlib import Path
from stat import S_IMODE

_REFUSALS = (EACCES, ENOSYS, ENOTSUP, EPERM)
"""Errors of file systems that have no owners and permissions, or do not let them be set."""


class AttributeFault(Exception):
    """A new file cannot have the owner and the permissions of the old one."""


def may_be_replaced(path: Path) -> bool:
    """Whether a new file can take the place of this one: not if it has another name, or if its folder forbids that."""
    return path.stat().st_nlink < 2 and os.access(path.parent, os.W_OK | os.X_OK)


def permissions_of(path: Path) -> int:
    """The permissions of a file, with which a new one in its place is made; no bits that change who runs it."""
    return S_IMODE(path.stat().st_mode) & 0o777


def copy_attributes(source: str, target: str) -> None:
    """Give a new file the owner, the permissions and the extended attributes of an old one, where there are any.

    Raises
    ------
    AttributeFault
        It would have another owner or group.
    """
    old, new = os.stat(source), os.stat(target)
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid) and hasattr(os, "chown"):
        try:
            os.chown(target, old.st_uid, old.st_gid)
        except OSError as error:
            _require_refusal(error)
            raise AttributeFault from None
    try:
        os.chmod(target, S_IMODE(old.st_mode))
    except OSError as error:
        _require_refusal(error)
    _copy_extended_attributes(source, target)


def _require_refusal(error: OSError) -> None:
    """Raise an error again unless the file system only refuses to set what it may not even have."""
    if error.errno not in _REFUSALS:
        raise error


def _copy_extended_attributes(source: str, target: str) -> None:
    """Copy what Linux keeps as named values, among them the access control list; some of them only it may set."""
    if not hasattr(os, "listxattr"):
        return
    with suppress(OSError):  # the file system has none
        names = os.listxattr(source)
        for name in names:
            with suppress(OSError):
                os.setxattr(target, name, os.getxattr(source, name))
        for name in set(os.listxattr(target)) - set(names):  # such as an access list that the folder gives to new files
            with suppress(OSError):
                os.removexattr(target, name)
