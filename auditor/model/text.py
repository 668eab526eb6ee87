"""Text that can be written: JSON can spell half a surrogate pair, which no encoding has a form for."""

import json
from typing import Any


def writable(data: Any) -> Any:
    """The same data, with `?` for every half of a surrogate pair that stands alone, in keys as well.

    Without this, one tag that holds such a half would end the whole run where its finding is written.
    """
    try:
        # Nearly always in vain, and at the speed of C; only what fails is walked.
        json.dumps(data, ensure_ascii=False, default=repr).encode()
    except UnicodeEncodeError:
        return _walked(data)
    return data


def _walked(data: Any) -> Any:
    if isinstance(data, str):
        return data.encode(errors="replace").decode()
    if isinstance(data, dict):
        return {_walked(key): _walked(value) for key, value in data.items()}
    return [_walked(item) for item in data] if isinstance(data, list) else data
