#!/usr/bin/env python3
"""Turn a backup into a disk image without Rescue: needs Python 3.8 or newer and the program `zstd`, nothing else.

    python3 extract.py --list                 the backups in this repository
    python3 extract.py SNAPSHOT disk.img      a whole disk as a raw image (sparse)
    python3 extract.py SNAPSHOT:p2 part.img   one partition

SNAPSHOT is an id, the beginning of one, a name, or `latest`; `--disk N` picks one of several disks. This file lies
in the repository that it reads; `--repo DIRECTORY` names another one. FORMAT.md describes what is read here.

zstd verifies a checksum in every chunk. With the Python module `blake3` installed, names are verified as well.
"""

import argparse
import base64
import json
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

try:
    from blake3 import blake3
except ImportError:
    blake3 = None

ENTRY = struct.Struct("<32sIII")
PACK = struct.Struct("<32sII")
HOLE = bytes(32)


def fail(text):
    """End with a sentence."""
    sys.exit("extract.py: " + text)


def warn(text):
    """Say a sentence and go on."""
    print("extract.py: " + text, file=sys.stderr)


def verify(data, name, what):
    """Compare bytes with the hash that names them, where the module for it is installed."""
    if blake3 is not None and blake3(data).digest() != name:
        fail(what + " is damaged: its bytes are not the ones that were stored.")
    return data


def pack_entries(path):
    """Entries of a pack, from its end. Of a pack without such an end only the chunks are lost that nobody else has."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(size - 8, 0))
        count, magic = struct.unpack("<I4s", stream.read(8).rjust(8, b"\0"))
        start = size - (8 + 32 + count * ENTRY.size)
        if magic != b"RPK1" or start < 0:
            warn("{} is damaged: its end is not the end of a pack.".format(path))
            return []
        stream.seek(start)
        return list(ENTRY.iter_unpack(stream.read(count * ENTRY.size)))


class Chunks:
    """Finds and unpacks chunks. The ends of all packs are read: index files are not needed."""

    def __init__(self, root):
        if shutil.which("zstd") is None:
            fail("the program zstd is not installed.")
        self.places = {}
        for path in sorted((root / "packs").glob("??/*")):
            if len(path.name) == 64:
                for chunk, offset, stored, plain in pack_entries(path):
                    self.places.setdefault(chunk, (path, offset, stored, plain))

    def load(self, chunk):
        """The plain bytes of a chunk."""
        if chunk not in self.places:
            fail("chunk {} is missing.".format(chunk.hex()))
        path, offset, stored, plain = self.places[chunk]
        with path.open("rb") as stream:
            stream.seek(offset)
            frame = stream.read(stored)
        done = subprocess.run(["zstd", "-dcq"], input=frame, stdout=subprocess.PIPE, check=False)
        if done.returncode or len(done.stdout) != plain:
            fail("chunk {} in {} is damaged.".format(chunk.hex(), path))
        return verify(done.stdout, chunk, "chunk " + chunk.hex())

    def list(self, names):
        """A list that is stored in pieces."""
        return b"".join(self.load(bytes.fromhex(name)) for name in names)


def snapshots(root):
    """All snapshots that can be read, oldest first, as pairs of id and content."""
    found = []
    for path in (root / "snapshots").glob("*.json"):
        data = path.read_bytes()
        try:
            content = json.loads(data.decode("utf-8"))
            entry = (content["created"], path.stem, content)
        except (ValueError, KeyError, TypeError):
            entry = None
        if entry is None or (blake3 is not None and blake3(data).hexdigest() != path.stem):
            warn("{} is damaged.".format(path))
        else:
            found.append(entry)
    return [(name, content) for _, name, content in sorted(found, key=lambda item: item[:2])]


def find(root, query):
    """The one snapshot that `query` means."""
    everything = snapshots(root)
    if query == "latest" and everything:
        return everything[-1][1]
    fitting = [item for item in everything if item[0].startswith(query) or item[1]["name"] == query]
    if len(fitting) != 1:
        fail("{} snapshots are called {}. --list shows them all.".format(len(fitting), query))
    return fitting[0][1]


def write_region(chunks, snapshot, region, stream, start):
    """Write the chunks of a region at `start` of the image; holes stay holes."""
    names = chunks.list(region["chunks"])
    for number in range(len(names) // 32):
        name = names[number * 32 : number * 32 + 32]
        if name != HOLE:
            stream.seek(start + number * snapshot["chunk_size"])
            stream.write(chunks.load(name))
    print(
        "{}: {} {}{}".format(
            region["name"], region["filesystem"], region["outcome"], "".join("; " + r for r in region["reasons"])
        )
    )


def extract(chunks, snapshot, disk, part, output):
    """Write a disk, or one region of it, as a raw image."""
    regions = [region for region in disk["regions"] if part in (None, region["name"])]
    if not regions:
        fail("the disk has no region {}.".format(part))
    with open(output, "xb") as stream:
        for region in regions:
            if region["included"]:
                write_region(chunks, snapshot, region, stream, region["start"] if part is None else 0)
            else:
                print("{}: not in this backup".format(region["name"]))
        if part is None:
            for sectors in disk["table"]["sectors"]:
                stream.seek(sectors["offset"])
                stream.write(zlib.decompress(base64.b64decode(sectors["data"])))
        stream.truncate(disk["size"] if part is None else regions[0]["size"])


def main():
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("snapshot", nargs="?", metavar="SNAPSHOT[:pN]")
    parser.add_argument("output", nargs="?", metavar="FILE")
    parser.add_argument("--repo", default=Path(__file__).resolve().parent, type=Path)
    parser.add_argument("--disk", type=int, default=1, help="which disk of the snapshot, from 1")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    if options.list:
        for name, snapshot in snapshots(options.repo):
            print(name[:12], snapshot["created"], snapshot["outcome"], snapshot["name"])
        return
    if not options.output:
        parser.error("name a snapshot and the file to make")
    query, _, part = options.snapshot.partition(":")
    snapshot = find(options.repo, query)
    if not 1 <= options.disk <= len(snapshot["disks"]):
        fail("the snapshot has {} disks.".format(len(snapshot["disks"])))
    extract(Chunks(options.repo), snapshot, snapshot["disks"][options.disk - 1], part or None, options.output)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        fail("{}: {}.".format(error.filename, error.strerror))
