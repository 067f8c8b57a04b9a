"""What the screens say where it takes more than a few words."""

from rescue.operations.seat import Holder

LOOKING = "Looking at the disks …"
NO_DISKS = """No disks found.

Is the drive connected, and does it have power? Try another port.
An internal drive that stays hidden is often behind a RAID or “VMD”
mode: look for it in the firmware setup of this computer, and choose
AHCI or NVMe instead.

F5 looks again."""
HIDDEN = "RESCUE_DEVICES hides every disk.\n\nF5 looks again."
SHELL = "A shell. Type “exit” to come back to Rescue."


def banner(leader: Holder, *, lost: bool) -> str:
    """Why this screen only looks."""
    if lost:
        return f"The screen on {leader.tty} took over. This screen only looks. T takes over."
    return f"Rescue is open on {leader.tty}. This screen only looks. T takes over."


def question(leader: Holder) -> str:
    """Before taking over."""
    return f"The screen on {leader.tty} leads now, and somebody may be sitting there.\n\nTake over? It then only looks."
