"""The root tree of the sample systems: a minimal installed Debian or Ubuntu as a cached tar file."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from shlex import quote

from tests.samples.process import run
from tests.samples.sources import Distribution, this_distribution

_HERE = Path(__file__).parent
_OVERLAY = _HERE / "installed"
_SLIM = _HERE / "slim.sh"
_KERNELS = {"debian": "linux-image-cloud-amd64", "ubuntu": "linux-image-virtual"}
_PACKAGES = (
    *("systemd-sysv", "udev", "kmod", "e2fsprogs", "initramfs-tools", "zstd", "attr"),
    *("grub2-common", "grub-pc-bin", "grub-efi-amd64-bin"),
)
_EXCLUDED = ("doc/*", "man/*", "info/*", "locale/*", "bash-completion/*")


def installed_tree(cache: Path, distribution: Distribution | None = None) -> Path:
    """Return the tar file (zstd) of the root tree in `cache`, made there (about a minute) if it is not yet.

    The name holds a hash of the recipe, so a changed recipe is a new file. Needs root and the distribution's mirror.
    `distribution` is that of this machine unless another is given.
    """
    distribution = distribution or this_distribution()
    cache.mkdir(parents=True, exist_ok=True)
    tar = cache / f"{distribution.name}-{distribution.codename}-{_recipe_hash(distribution)}.tar.zst"
    if not tar.exists():
        with tempfile.TemporaryDirectory(dir=cache, prefix="tree-") as scratch:
            fresh = Path(scratch, "tree.tar.zst")
            run(*_mmdebstrap(distribution, fresh))
            fresh.replace(tar)
    return tar


def _mmdebstrap(distribution: Distribution, tar: Path) -> list[str]:
    return [
        *("mmdebstrap", "--quiet", "--mode=root", "--variant=apt", "--format=tar"),
        f"--include={','.join((*_PACKAGES, _KERNELS[distribution.name]))}",
        *(f"--dpkgopt=path-exclude=/usr/share/{pattern}" for pattern in _EXCLUDED),
        *(f"--aptopt={option}" for option in distribution.apt_options),
        # The overlay goes in before the kernel, so that the kernel's own hook makes the small initramfs.
        f'--essential-hook=cp -r --no-preserve=ownership {quote(f"{_OVERLAY}/.")} "$1"',
        f'--customize-hook={quote(str(_SLIM))} "$1"',
        *(distribution.codename, str(tar), *distribution.sources),
    ]


def _recipe_hash(distribution: Distribution) -> str:
    """Hash what decides the content; neither the mirror nor the place of this project does."""
    recipe = hashlib.sha256(repr((_PACKAGES, _KERNELS[distribution.name], _EXCLUDED)).encode())
    for path in sorted(p for p in (_SLIM, *_OVERLAY.rglob("*")) if p.is_file()):
        recipe.update(f"{path.relative_to(_HERE)}\0".encode() + path.read_bytes())
    return recipe.hexdigest()[:12]
