"""moto, without its search of every attribute value for ten possible members in all spellings.

That search is four fifths of the time of a run in the tests. An attribute value has one member, and knows which.
"""

from typing import Any

from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models.dynamo_type import DynamoType

_serialize_structure = BaseJSONSerializer._serialize_type_structure


def quicken() -> None:
    BaseJSONSerializer._serialize_type_structure = _serialize_type_structure  # type: ignore[method-assign]


def _serialize_type_structure(
    self: BaseJSONSerializer, serialized: Any, value: Any, shape: Any, key: str
) -> None:
    if shape.name != "AttributeValue" or value is None:
        _serialize_structure(self, serialized, value, shape, key)
        return
    ((kind, held),) = {value.type: value.value}.items() if isinstance(value, DynamoType) else value.items()
    wrapper: dict[str, Any] = {}
    self._serialize(wrapper, held, shape.members[kind], kind)
    self._default_serialize(serialized, wrapper, shape, key)
