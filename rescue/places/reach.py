"""From a name to an open port: each step that fails says which one it was."""

import errno
import socket

from rescue.errors import reason_of
from rescue.places.address import Address
from rescue.places.troubles import ConnectError, Trouble, failed

SECONDS = 10.0
"""How long a computer may take to answer."""

_NO_ROUTE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL}
_TELLING = (Trouble.NO_ROUTE, Trouble.OTHER, Trouble.TIMEOUT, Trouble.REFUSED)
"""Of several addresses of one name, the failure that tells most counts: the later one here."""


def reach(address: Address, *, seconds: float = SECONDS) -> str:
    """The numeric address at which the service of `address` listens. ConnectError says which step failed."""
    worst: ConnectError | None = None
    for numeric in _addresses(address):
        try:
            socket.create_connection((numeric, address.number), timeout=seconds).close()
        except OSError as error:
            found = _explained(error, address)
            if worst is None or _TELLING.index(found.trouble) > _TELLING.index(worst.trouble):
                worst = found
        else:
            return numeric
    raise worst or failed(Trouble.NAME_UNKNOWN, address)


def _addresses(address: Address) -> list[str]:
    """All addresses of the name, each once, in the order in which they are to be tried."""
    try:
        found = socket.getaddrinfo(address.host, address.number, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        known = error.errno != socket.EAI_AGAIN
        raise failed(Trouble.NAME_UNKNOWN if known else Trouble.NO_NAME_SERVER, address) from error
    except UnicodeError as error:  # a part of the name that is empty or too long
        raise failed(Trouble.NAME_UNKNOWN, address) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _explained(error: OSError, address: Address) -> ConnectError:
    if isinstance(error, TimeoutError):
        return failed(Trouble.TIMEOUT, address)
    if isinstance(error, ConnectionRefusedError):
        return failed(Trouble.REFUSED, address)
    if error.errno in _NO_ROUTE:
        return failed(Trouble.NO_ROUTE, address)
    return failed(Trouble.OTHER, address, reason_of(error))
