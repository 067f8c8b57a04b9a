"""What the screens say where it takes more than a few words."""

from rescue.language import _
from rescue.operations.seat import Holder


def looking() -> str:
    """While the disks are scanned."""
    return _("Looking at the disks …")


def no_disks() -> str:
    """In place of the disks, where there is none."""
    return _("""\
No disks found.

Is the drive connected, and does it have power? Try another port.
An internal drive that stays hidden is often behind a RAID or “VMD”
mode: look for it in the firmware setup of this computer, and choose
AHCI or NVMe instead.

F5 looks again.""")


def hidden() -> str:
    """In place of the disks, where the environment hides all of them."""
    return _("RESCUE_DEVICES hides every disk.") + "\n\n" + _("F5 looks again.")


def banner(leader: Holder, *, lost: bool) -> str:
    """Why this screen only looks."""
    if lost:
        text = _("The screen on {tty} took over. This screen only looks. T takes over.")
    else:
        text = _("Rescue is open on {tty}. This screen only looks. T takes over.")
    return text.format(tty=leader.tty)


def question(leader: Holder) -> str:
    """Before taking over."""
    told = _("The screen on {tty} leads now, and somebody may be sitting there.").format(tty=leader.tty)
    return f"{told}\n\n" + _("Take over? It then only looks.")
