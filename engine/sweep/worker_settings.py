"""Where the points of a sweep are measured, as a person chooses it."""

from msgspec import Struct


class TlsFiles(Struct, frozen=True):
    """Files of a connection by TLS."""

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None


class WorkerSettings(Struct, frozen=True):
    """Processes of this machine, or a cluster; neither is saved with a project."""

    count: int | None = None
    """Processes of one thread each; 0: this one, with all its threads; None: one per core, if it pays."""
    scheduler: str = ""
    """The address of a dask scheduler, which replaces processes of this machine."""
    tls: TlsFiles = TlsFiles()
