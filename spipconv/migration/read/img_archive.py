"""An archive of the old site's IMG folder: a .zip or .tar file comes in, its files go out, unpacked within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from errno import EDQUOT, ENOSPC
from pathlib import Path

from spipconv.migration.read.img_folder import LOGO_FILE
from spipconv.migration.read.sources import BadSource
from spipconv.migration.read.sources.archives import Member, open_members
from spipconv.migration.read.sources.layers import archive_contents
from spipconv.migration.read.sources.packing import PIECE, allowance, file_contents, unpacking
from spipconv.migration.report.issues import Issue

_MOST_REFUSED = 1000
_IMG = "IMG"
# Folders by which a whole site is known.
_OF_A_SITE = frozenset({"ecrire", "config", "prive", "plugins-dist"})


def unpack_images(archive: Path, work: Path) -> tuple[Path, list[Issue]]:
    """Return the folder, below ``work``, with the files of IMG from an archive, and the issues with its members.

    They are below a folder IMG in the archive or one that is like it, or there is none and all are. Links, devices and
    whatever is outside stay out. Raises BadSource.
    """
    contents = archive_contents(file_contents(archive, f"--img {archive}"), work) if archive.stat().st_size else None
    if contents is None:
        raise BadSource(f"--img {archive}: is neither a folder nor an archive (.zip, .tar, .tar.gz …)")
    with open_members(contents) as members:
        root = _root((member.name for member in members), contents.name)
    folder = work / _IMG
    folder.mkdir()
    issues: list[Issue] = []
    left = allowance(contents.packed_size)
    with open_members(contents) as members:
        for member in members:
            parts = _parts(member.name)
            if member.is_folder or tuple(parts[: len(root)]) != root:
                continue
            path = _place(folder, parts[len(root) :]) if member.is_file else None
            written = _write(member, path, left, contents.name) if path else None
            if written is not None:
                left -= written
            elif len(issues) < _MOST_REFUSED:
                issues.append(Issue("member-refused", detail=member.name))
    return folder, issues


def _parts(name: str) -> list[str]:
    return [part for part in name.split("/") if part != "."]


def _root(names: Iterator[str], archive: str) -> tuple[str, ...]:
    """Return the path of the folder IMG that is nearest to the top; without one, of the folder that is like it.

    Raises BadSource if the archive is one of a site without it, whose other files are not to be shown.
    """
    roots: set[tuple[str, ...]] = set()
    likely: set[tuple[str, ...]] = set()
    is_site = False
    for name in names:
        *folders, file = _parts(name)
        if _IMG in folders:
            roots.add(tuple(folders[: folders.index(_IMG) + 1]))
        elif LOGO_FILE.fullmatch(file) and folders[-1:] != ["logo"]:
            likely.add(tuple(folders))
        elif folders and (LOGO_FILE.fullmatch(file) or file.lower().endswith(f".{folders[-1].lower()}")):
            likely.add(tuple(folders[:-1]))
        is_site = is_site or not _OF_A_SITE.isdisjoint(folders)
    if is_site and not roots:
        raise BadSource(f"{archive}: is a site without its folder IMG; give that folder or an archive of it")
    root = min(roots or likely, key=lambda root: (len(root), root), default=())
    return root if roots or all(other[: len(root)] == root for other in likely) else ()


def _place(folder: Path, parts: list[str]) -> Path | None:
    """Return where a member belongs; None if that is outside the folder, or has a name that a system might read so."""
    if not parts or any(part in {"", ".."} or set("\\\0:") & set(part) for part in parts):
        return None
    return folder.joinpath(*parts)


def _write(member: Member, path: Path, left: int, name: str) -> int | None:
    """Write a member; return its size, or None if the system does not take its name."""
    size = 0
    with unpacking(name), member.open() as stream:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("wb")
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno in {ENOSPC, EDQUOT}:
                raise
            return None
        with file:
            while piece := stream.read(PIECE):
                size += len(piece)
                if size > left:
                    raise BadSource(
                        f"{name}: unpacks to far more than its size, as an attack would; if you trust it, unpack it"
                        " and give the folder"
                    )
                file.write(piece)
    return size


def find_images(site: Path) -> Path | None:
    """Return the folder IMG in the folder of a site."""
    with suppress(OSError):
        if (site / _IMG).is_dir():
            return site / _IMG
    return None


def images_in(img: Path) -> Path:
    """Return the folder IMG for a folder that is given as it: it may be the one of the whole site.

    Raises BadSource if that has none: other files of a site are not to be shown.
    """
    if img.name == _IMG or not any((img / name).is_dir() for name in (_IMG, *_OF_A_SITE)):
        return img
    found = find_images(img)
    if found is None:
        raise BadSource(f"--img {img}: is a site without its folder IMG; give that folder")
    return found
