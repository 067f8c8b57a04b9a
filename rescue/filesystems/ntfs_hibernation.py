"""Whether Windows sleeps on an NTFS volume: its hiberfil.sys begins with a magic word until the session is resumed.

Magic words as in ntfs-3g, `ntfs_volume_check_hiberfile`. Fast startup is a hibernation without user sessions and looks
the same.
"""

import re

from rescue import process
from rescue.filesystems.gate import demand
from rescue.filesystems.model import Bench
from rescue.filesystems.ntfs_records import Geometry
from rescue.filesystems.volume import Volume
from rescue.language import _

_MAGIC = {b"hibr", b"HIBR"}
_ABSENT = "No such file or directory"
_DATA_RUN = re.compile(
    r"^Dumping attribute \$DATA \(0x80\).*?^\s*Runlist:\s+VCN\s+LCN\s+Length\s+0x0\s+0x([0-9a-f]{1,16})\s",
    re.DOTALL | re.MULTILINE,
)


def is_hibernated(volume: Volume, geometry: Geometry, bench: Bench) -> bool:
    """True when hiberfil.sys is there and holds a session. ntfsinfo exits with 0 for a file that is not there."""
    argv = ["ntfsinfo", "--force", "--verbose", "--file", "/hiberfil.sys", volume.path]
    done = process.run(argv, allowed=range(256), cancel=bench.cancel)
    text = done.text
    if _ABSENT in done.error_text:
        return False
    complaint = done.error_text.partition("\n")[0]
    demand(
        done.status == 0 and "$DATA" in text,
        _("ntfsinfo cannot read the volume: {complaint}").format(complaint=complaint),
    )
    run = _DATA_RUN.search(text)
    if run is None:
        return False  # empty, or so short that it lies inside its record: no session fits there
    return volume.read(int(run[1], 16) * geometry.cluster, 4) in _MAGIC
