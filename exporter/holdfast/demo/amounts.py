"""Amounts of storage as stories write them."""

_UNITS = {"Ti": 2**40, "Gi": 2**30, "Mi": 2**20, "": 1}


def bytes_of(text: str) -> int:
    """``40Gi`` as a number."""
    number = text.rstrip("TGMi")
    return int(number) * _UNITS[text[len(number) :]]


def amount(size: int) -> str:
    """As the API writes it, in the greatest unit that divides it."""
    unit = next(unit for unit, factor in _UNITS.items() if size % factor == 0)
    return f"{size // _UNITS[unit]}{unit}"
