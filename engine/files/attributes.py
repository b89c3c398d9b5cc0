"""What a file has besides its content, and must keep when it is replaced: owner, permissions, access list, names."""

import os
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE


class AttributeFault(Exception):
    """A new file cannot have the owner and the permissions of the old one."""


def may_be_replaced(path: Path) -> bool:
    """Whether a new file can take the place of this one: not if it has another name, or if its folder forbids that."""
    return path.stat().st_nlink < 2 and os.access(path.parent, os.W_OK | os.X_OK)


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
        except PermissionError:
            raise AttributeFault from None
    with suppress(PermissionError):  # some file systems have no permissions
        os.chmod(target, S_IMODE(old.st_mode))
    _copy_extended_attributes(source, target)


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
