import errno
import socket


def explain_port(host: str, port: int) -> str | None:
    """Why the web process could not listen there, in a sentence; None if it can."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError, OverflowError):
        return f"WEB_HOST={host} with PORT={port} is no address. Leave WEB_HOST out for 127.0.0.1."
    with socket.socket(family, kind, protocol) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return (
                    f"Port {port} is in use by another program. Choose another: "
                    f"PORT={_find_free(host, port)} make demo"
                )
            if error.errno == errno.EACCES:
                return f"Port {port} is for root only. Choose one above 1023: PORT=8000 make demo"
            return f"WEB_HOST={host} is not an address of this machine. Leave it out for 127.0.0.1."
    return None


def _find_free(host: str, port: int) -> int:
    """The next port that is free now, or any."""
    for candidate in [*range(port + 1, min(port + 50, 65536)), 0]:
        with socket.socket() as attempt:
            try:
                attempt.bind((host, candidate))
            except OSError:
                continue
            return int(attempt.getsockname()[1])
    return port
