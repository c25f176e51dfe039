"""What is wrong with a server's certificate, in words: its name, its age, or who has signed it."""

import ssl
from typing import Final

from autocontainer_nb.remote.config.network import Network

# X509_V_ERR_* of OpenSSL's x509_vfy.h, in `ssl.SSLCertVerificationError.verify_code`.
_NOT_YET_VALID, _EXPIRED, _OTHER_NAME, _OTHER_ADDRESS = 9, 10, 62, 64
_NAMES: Final = frozenset({_OTHER_NAME, _OTHER_ADDRESS})
_OWN_NETWORK: Final = "in a network of your own, set admin.insecureSkipVerify: true"


def certificate_trouble(error: BaseException | None, host: str, network: Network) -> str:
    """Return a sentence about the certificate that `error` or one of its causes is about; empty if none is."""
    found = _verification_error(error)
    if found is None:
        return ""
    said = found.verify_message
    if found.verify_code in _NAMES:
        return (
            f"the server's certificate isn't for {host!r} ({said}): use the name that it is for as the address, or, "
            f"{_OWN_NETWORK}."
        )
    if found.verify_code in (_EXPIRED, _NOT_YET_VALID):
        return f"the server's certificate isn't valid now ({said}): it has to be renewed there. Is this clock right?"
    if network.ca_cert_file:
        return (
            f"the server's certificate isn't signed by an authority in admin.caCertFilePath {network.ca_cert_file!r} "
            f"({said}): name the file with the certificate of the authority that signed it."
        )
    return (
        f"the server's certificate isn't trusted here ({said}): set its authority with admin.caCertFilePath, or, "
        f"{_OWN_NETWORK}."
    )


def _verification_error(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    seen: set[int] = set()
    rest = [error]
    while rest:
        each = rest.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, ssl.SSLCertVerificationError):
            return each
        rest += [each.__cause__, each.__context__, *(arg for arg in each.args if isinstance(arg, BaseException))]
        rest.append(getattr(each, "reason", None) if isinstance(getattr(each, "reason", None), BaseException) else None)
    return None
