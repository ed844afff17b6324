"""Records: what nodes, documents and diagnostics are made of, so that other programs can show, store and send them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import msgspec
from msgspec import Struct
from msgspec.structs import fields

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema


class Record(Struct, frozen=True, forbid_unknown_fields=True):
    """An immutable record: equal to another one with the same values, and a mapping for those who write JSON.

    ``dict(record)`` has its fields and, if it has a tag, its ``type``. Its ``repr`` has what differs from the defaults.
    """

    # Fields that ``repr`` leaves out.
    _not_shown: ClassVar[frozenset[str]] = frozenset()

    def keys(self) -> tuple[str, ...]:
        """Return the names of its fields in JSON."""
        return ("type", *self.__struct_fields__) if self.__struct_config__.tag else self.__struct_fields__

    def __getitem__(self, name: str) -> object:
        if name not in self.keys():
            raise KeyError(name)
        return self.__struct_config__.tag if name == "type" else getattr(self, name)

    def __repr__(self) -> str:
        shown = ", ".join(
            [
                f"{field.name}={value!r}"
                for field in fields(self)
                if (value := getattr(self, field.name)) != field.default and field.name not in self._not_shown
            ]
        )
        return f"{type(self).__name__}({shown})"

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return how pydantic, and so FastAPI, writes a record and describes it in OpenAPI.

        It takes no other values than records: what comes from outside is read with ``spipconv.from_dict``.
        """
        from pydantic_core import core_schema

        root, described = _describe(cls)
        return core_schema.definitions_schema(
            core_schema.no_info_plain_validator_function(
                cls._check,
                json_schema_input_schema=root,
                serialization=core_schema.plain_serializer_function_ser_schema(_plain, return_schema=root),
            ),
            described,
        )

    @classmethod
    def _check(cls, value: object) -> object:
        if isinstance(value, cls):
            return value
        raise ValueError(f"expected a {cls.__name__}, not {type(value).__name__}: spipconv.from_dict makes one")


def _plain(record: Record) -> object:
    """Return a record as dictionaries, lists and plain values."""
    return msgspec.json.decode(msgspec.json.encode(record))


def _describe(record: type[Record]) -> tuple[CoreSchema, list[CoreSchema]]:
    """Return a reference to a record for pydantic, and the descriptions of it and of all records that it may hold."""
    from msgspec import inspect
    from pydantic_core import core_schema

    waiting: list[inspect.StructType] = []
    described: dict[str, CoreSchema] = {}

    def describe(kind: inspect.Type) -> CoreSchema:
        match kind:
            case inspect.StructType():
                waiting.append(kind)
                return core_schema.definition_reference_schema(kind.cls.__name__)
            case inspect.UnionType() if isinstance(kind.types[0], inspect.StructType):
                choices = [choice for choice in kind.types if isinstance(choice, inspect.StructType)]
                return core_schema.tagged_union_schema({choice.tag: describe(choice) for choice in choices}, "type")
            case inspect.UnionType():
                return core_schema.union_schema([describe(choice) for choice in kind.types])
            case inspect.VarTupleType():
                return core_schema.list_schema(describe(kind.item_type))
            case inspect.TupleType():
                return core_schema.tuple_schema([describe(part) for part in kind.item_types])
            case inspect.LiteralType():
                return core_schema.literal_schema([*kind.values])
            case inspect.IntType():
                return core_schema.int_schema(ge=kind.ge, le=kind.le)
            case inspect.StrType():
                return core_schema.str_schema(pattern=kind.pattern)
            case inspect.BoolType():
                return core_schema.bool_schema()
            case inspect.NoneType():
                return core_schema.none_schema()
        raise NotImplementedError(kind)

    root = describe(inspect.type_info(record))
    while waiting:
        kind = waiting.pop()
        name = kind.cls.__name__
        if name not in described:
            described[name] = core_schema.none_schema()
            types = {field.encode_name: describe(field.type) for field in kind.fields}
            if kind.tag is not None:
                types = {"type": core_schema.literal_schema([kind.tag]), **types}
            members = {member: core_schema.typed_dict_field(described_type) for member, described_type in types.items()}
            described[name] = core_schema.typed_dict_schema(members, ref=name, cls_name=name)
    return root, [*described.values()]
