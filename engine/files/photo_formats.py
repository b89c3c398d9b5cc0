"""The formats that photos are read from, and what to do with files in others, which are named."""

import ctypes
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from typing import IO, NamedTuple

from PIL import Image, UnidentifiedImageError, _imaging

from engine.files import paths
from engine.files.paths import FileFault

_PLUGINS = {
    "AVIF": "Avif",
    "BMP": "Bmp",
    "GIF": "Gif",
    "JPEG": "Jpeg",
    "JPEG2000": "Jpeg2K",
    "PNG": "Png",
    "PPM": "Ppm",
    "TGA": "Tga",
    "TIFF": "Tiff",
    "WEBP": "WebP",
}
"""The beginning of the name of Pillow's module per raster format. It would open others by starting programs:
Ghostscript for PostScript. To import all of its modules takes four times as long."""

PHOTO_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".jp2", ".ppm", ".pgm")
"""Usual endings of these formats, for file dialogs."""

_HEAD_BYTES = 512
_SAVE = "open it in a viewer and save it as PNG, JPEG or TIFF"
_PHONE = "save it as JPEG or PNG; an iPhone takes JPEG photos with Settings › Camera › Formats › Most Compatible"


class _Signature(NamedTuple):
    """The bytes that files of a format that cannot be read begin with, from `offset` on."""

    offset: int
    start: bytes
    name: str
    remedy: str = _SAVE


_OTHER_FORMATS = (
    *(_Signature(4, b"ftyp" + brand, "a HEIC photo", _PHONE) for brand in (b"hei", b"hev", b"mif1", b"msf1")),
    _Signature(4, b"ftypavi", "an AVIF photo, which this installation cannot decode"),
    _Signature(4, b"ftypcrx", "a raw photo (Canon CR3)", "develop it with a raw converter and save it as 16-bit TIFF"),
    _Signature(4, b"ftyp", "a video", "save one frame of it as PNG"),
    _Signature(0, b"%!PS", "a PostScript file", "export it as PNG; PostScript is a program, which is never run"),
    _Signature(0, b"\xc5\xd0\xd3\xc6", "a PostScript file (EPS)", "export it as PNG"),
    _Signature(0, b"%PDF", "a PDF document", "export the page as PNG"),
    _Signature(0, b"\xff\x0a", "a JPEG XL photo"),
    _Signature(4, b"JXL ", "a JPEG XL photo"),
    _Signature(0, b"8BPS", "a Photoshop document", "export it as PNG or TIFF"),
    _Signature(0, b"gimp xcf", "a GIMP document", "export it as PNG or TIFF"),
    _Signature(0, b"\x76\x2f\x31\x01", "an OpenEXR picture", "save it as 32-bit float TIFF or as a .npy array"),
    _Signature(0, b"#?RADIANCE", "a Radiance HDR picture", "save it as 32-bit float TIFF or as a .npy array"),
    _Signature(0, b"SIMPLE  =", "a FITS picture", "save it as a .npy array with astropy and numpy.save"),
    _Signature(128, b"DICM", "a DICOM picture", "save it as a .npy array with pydicom and numpy.save"),
    _Signature(0, b"\x89HDF", "an HDF5 file", "save the array with numpy.save as .npy"),
    _Signature(0, b"\x93NUMPY", "a .npy array, not a photo", 'use it as an array: kind = "array"'),
    _Signature(0, b"PK\x03\x04", "a zip archive", 'unpack it; if it is a .npz, use it as an array: kind = "array"'),
    _Signature(0, b"II\xbc\x01", "a JPEG XR photo"),
    _Signature(0, b"FUJIFILMCCD-RAW", "a raw photo (Fujifilm)", "develop it and save it as 16-bit TIFF"),
    _Signature(0, b"IIU\0", "a raw photo (Panasonic)", "develop it and save it as 16-bit TIFF"),
    _Signature(0, b"IIRO", "a raw photo (Olympus)", "develop it and save it as 16-bit TIFF"),
    _Signature(0, b"\0\0\1\0", "an icon (ICO)"),
    _Signature(0, b"RIFF", "a RIFF file of another kind than WebP", "save a frame or picture of it as PNG"),
    _Signature(0, b"<svg", "an SVG drawing", "export it as PNG"),
    _Signature(0, b"<?xml", "an XML file, perhaps an SVG drawing", "export it as PNG"),
    _Signature(0, b"<!DOCTYPE", "a web page", "save the picture itself"),
    _Signature(0, b"<html", "a web page", "save the picture itself"),
)
_READABLE = (
    *((0, b"\x89PNG", "PNG"), (0, b"\xff\xd8\xff", "JPEG"), (0, b"II*\0", "TIFF"), (0, b"MM\0*", "TIFF")),
    *((0, b"GIF8", "GIF"), (0, b"BM", "BMP"), (8, b"WEBP", "WebP"), (4, b"jP  ", "JPEG 2000"), (4, b"ftypavi", "AVIF")),
)
_NAMES = "PNG, JPEG, WebP, TIFF, BMP, GIF, AVIF, JPEG 2000, PPM and TGA"


def open_photo(file: IO[bytes]) -> Image.Image:
    """Open a photo of one of the formats without reading its pixels."""
    return Image.open(file, formats=_available_formats())


@cache
def _available_formats() -> tuple[str, ...]:
    """The formats that this installation of Pillow knows, which from now on writes nothing to standard error."""
    silence_libraries()
    for plugin in _PLUGINS.values():
        with suppress(ImportError):
            import_module(f"PIL.{plugin}ImagePlugin")
    return tuple(name for name in _PLUGINS if name in Image.OPEN)


@cache
def silence_libraries() -> None:
    """Keep libtiff and Pillow's log from writing to standard error; what fails is raised anyway."""
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    with suppress(AttributeError, OSError):  # a build of Pillow that contains libtiff does not export its functions
        library = ctypes.CDLL(_imaging.__file__)
        for function in (library.TIFFSetErrorHandler, library.TIFFSetWarningHandler):
            function.restype = ctypes.c_void_p
            function(None)


@contextmanager
def photo_fault(path: str) -> Iterator[None]:
    """Turn Pillow's errors, and its warning of a decompression bomb, into a FileFault that names the file."""
    with paths.name_file_in_errors(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about oddities in a readable file
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            yield
        except UnidentifiedImageError:
            raise FileFault(f"{path} {_unidentified(path)}") from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise FileFault(f"{path} has more than {Image.MAX_IMAGE_PIXELS:,} pixels; make it smaller") from None
        except (FileFault, OSError):
            raise
        except Exception as error:  # on broken images Pillow's decoders raise exceptions of many types
            reason = str(error)[:200] or type(error).__name__
            raise FileFault(f"{path} is not an image that can be read: {reason}") from None


def _unidentified(path: str) -> str:
    """Why no format fits a file, by its first bytes, and what to do."""
    with paths.resolve_path(path).open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        return f"is not an image: the file is empty; photos are read from {_NAMES}"
    for signature in _OTHER_FORMATS:
        if head[signature.offset :].startswith(signature.start):
            return f"is {signature.name}, which cannot be read: {signature.remedy}"
    for offset, start, name in _READABLE:
        if head[offset:].startswith(start):
            return (
                f"is not an image, or of a kind that cannot be read: it begins like {name}, "
                f"but is damaged or a rare variant; {_SAVE}"
            )
    return f"is not an image, or of a kind that cannot be read; photos are read from {_NAMES}"
