"""Converts values to and from DynamoDB's form: `{"N": "312.45"}`, `{"M": {…}}`. Inexact numbers are refused."""

from collections.abc import Callable, Mapping
from decimal import Clamped, Context, Decimal, Inexact, Overflow, Rounded, Underflow
from typing import Any

# The limits of a DynamoDB number.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
_NUMBER = Context(prec=38, Emin=-128, Emax=126, traps=[Clamped, Overflow, Inexact, Rounded, Underflow])


def typed(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item, or named values, for a request. Raises a `decimal` signal for a number DynamoDB can't store exactly."""
    return {name: _typed(value) for name, value in item.items()}


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item from a response, numbers as `Decimal`."""
    return {name: _plain(attribute) for name, attribute in item.items()}


def _typed(value: Any) -> dict[str, Any]:
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | Decimal():
            return {"N": str(_NUMBER.create_decimal(value))}
        case Mapping():
            return {"M": typed(value)}
        case list():
            return {"L": [_typed(each) for each in value]}
    raise TypeError(f"{type(value).__name__} can't be stored")


def _plain(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    return _PLAIN[kind](value)


_PLAIN: Mapping[str, Callable[[Any], Any]] = {
    "S": str,
    "N": Decimal,
    "BOOL": bool,
    "NULL": lambda _: None,
    "M": plain,
    "L": lambda values: [_plain(each) for each in values],
}
