"""A webhook's body as its parameters, untrimmed: the signature is over exactly these."""

from urllib.parse import parse_qsl

from channels.whatsapp.types import Parameters

# A webhook has about 20 parameters; Django's own limit is 1,000.
MAX_PARAMETERS = 1000


def parse_form(raw_body: bytes) -> Parameters:
    """Names and values in the order sent, with empty values and white space kept.

    Raises ValueError for a body that is not a form or has too many parameters.
    """
    return tuple(
        parse_qsl(raw_body.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    )
