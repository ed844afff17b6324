"""Documents and nodes among other programs: copies, pickles, notebooks, pydantic and FastAPI."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import re
import subprocess
import sys
from typing import Annotated, Any, get_args

import fastapi
import msgspec
import pydantic
import pytest
from IPython.core.formatters import HTMLFormatter, PlainTextFormatter

import spipconv
from spipconv import Document, Parsed, from_dict, nodes, parse, render, to_dict, to_html
from spipconv.diagnostics import Diagnostic
from spipconv.nodes import Emphasis, Heading, Paragraph, Text
from spipconv.records import Record
from tests.asgi import Answer, ask
from tests.judges import dangers
from tests.library.trees import SAMPLES

PARSED = parse("{{{titre}}}\n\n{{gras [[note]]\n\n|a|b|\n|1|2|\n\n<inconnu3|x>")
DOCUMENT = PARSED.document
KINDS = {kind.__name__ for kind in (*get_args(nodes.Node), nodes.Definition, Document)}


def name_of(record: object) -> str:
    return type(record).__name__


@pytest.mark.parametrize("kind", [*get_args(nodes.Node), nodes.Definition, Document, Parsed, Diagnostic])
def test_everything_in_a_tree_is_a_record(kind: type) -> None:
    assert issubclass(kind, Record)


@pytest.mark.parametrize(
    "record", [*SAMPLES, DOCUMENT, PARSED, *PARSED.diagnostics], ids=lambda record: type(record).__name__
)
def test_records_are_copied_pickled_compared_and_hashed(record: Any) -> None:
    copies = [copy.copy(record), copy.deepcopy(record), msgspec.structs.replace(record)]
    copies += [pickle.loads(pickle.dumps(record, protocol)) for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)]  # noqa: S301
    for other in copies:
        assert other == record
        assert hash(other) == hash(record)
        assert type(other) is type(record)
    assert len({record, *copies}) == 1
    assert record != Text("another")


def test_records_do_not_change() -> None:
    with pytest.raises(AttributeError):
        DOCUMENT.language = "en"  # type: ignore[misc]


def test_a_repr_has_what_differs_from_the_defaults_and_no_places() -> None:
    document = parse("{mot}").document
    assert repr(document) == "Document(children=(Paragraph(children=(Emphasis(children=(Text(text='mot'),)),)),))"
    assert document.children[0].line == 1
    made = Document((Paragraph((Emphasis((Text("mot"),)),)),))
    assert eval(repr(document), vars(nodes)) == made  # noqa: S307
    assert repr(Heading((), level=3)) == "Heading(children=(), level=3)"
    assert repr(parse("{{a").diagnostics[0]) == "Diagnostic(code='unclosed-strong', line=1, column=1, detail='{{')"


@pytest.mark.parametrize("record", [*SAMPLES, DOCUMENT], ids=name_of)
def test_a_record_is_the_mapping_that_its_json_is(record: Any) -> None:
    assert {**record} == dict(record)
    assert fastapi.encoders.jsonable_encoder(record) == to_dict(record) == json.loads(msgspec.json.encode(record))
    for name in ("nothing", "__class__", 0):
        with pytest.raises(KeyError):
            record[name]


# ---- Notebooks ----


def test_a_notebook_shows_a_document_as_safe_html() -> None:
    text = "{{a}}<script>alert(1)</script><img src=x onerror=alert(1)>[x->javascript:alert(1)]"
    assert parse(text).document._repr_html_() == parse(text)._repr_html_() == to_html(text)
    assert dangers(to_html(text)) == set()
    # What Jupyter asks for a cell that ends with a document.
    for value in (parse(text), parse(text).document):
        assert HTMLFormatter()(value) == to_html(text)
        assert PlainTextFormatter()(value) == repr(value)


def test_a_document_made_before_the_library_is_used_is_shown_as_text() -> None:
    code = "from spipconv.nodes import Document; print(hasattr(Document, '_repr_html_'), repr(Document(())))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False Document(children=())\n"


# ---- pydantic and FastAPI ----


class Page(pydantic.BaseModel):
    """A model of a caller's, with a document in it."""

    title: str
    body: Document


def _application() -> fastapi.FastAPI:
    application = fastapi.FastAPI()

    @application.get("/document")
    def document() -> Document:
        return DOCUMENT

    @application.get("/parsed")
    def parsed() -> Parsed:
        return PARSED

    @application.get("/headings")
    def headings() -> list[Heading]:
        return [node for node in DOCUMENT.children if isinstance(node, Heading)]

    @application.get("/nodes")
    def all_nodes() -> list[nodes.Node]:
        return [*DOCUMENT.children]

    @application.get("/page")
    def page() -> Page:
        return Page(title="a", body=DOCUMENT)

    @application.get("/bare/document")
    def bare_document():  # type: ignore[no-untyped-def]
        return DOCUMENT

    @application.get("/bare/parsed")
    def bare_parsed():  # type: ignore[no-untyped-def]
        return {"parsed": [PARSED]}

    @application.get("/bare/node")
    def bare_node():  # type: ignore[no-untyped-def]
        return DOCUMENT.children[0]

    return application


APPLICATION = _application()


def get(path: str) -> Answer:
    return asyncio.run(ask(APPLICATION, "GET", path))


_AS_JSON = to_dict(DOCUMENT)
_PARSED_AS_JSON = {"document": _AS_JSON, "diagnostics": json.loads(msgspec.json.encode(PARSED.diagnostics))}


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/document", _AS_JSON),
        ("/parsed", _PARSED_AS_JSON),
        ("/headings", [to_dict(DOCUMENT.children[0])]),
        ("/nodes", _AS_JSON["children"]),
        ("/page", {"title": "a", "body": _AS_JSON}),
        ("/bare/document", _AS_JSON),
        ("/bare/parsed", {"parsed": [_PARSED_AS_JSON]}),
        ("/bare/node", to_dict(DOCUMENT.children[0])),
    ],
)
def test_fastapi_answers_with_trees(path: str, answer: object) -> None:
    response = get(path)
    assert response.status == 200
    assert response.json == answer


def test_openapi_describes_them() -> None:
    description = get("/openapi.json").json
    schemas = description["components"]["schemas"]
    assert {kind.__name__ for kind in get_args(nodes.Node)} | {"Document", "Definition", "Parsed", "Diagnostic"} <= set(
        schemas
    )
    answer = description["paths"]["/document"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/Document"}
    assert schemas["Heading"]["properties"]["level"] == {
        "type": "integer",
        "minimum": 0,
        "maximum": 5,
        "title": "Level",
    }
    references = set(re.findall(r'"\$ref": "(.*?)"', json.dumps(description)))
    assert references <= {f"#/components/schemas/{name}" for name in schemas}


def test_pydantic_takes_records_and_what_the_door_lets_in() -> None:
    adapter = pydantic.TypeAdapter(Document)
    assert adapter.validate_python(DOCUMENT) is DOCUMENT
    assert json.loads(adapter.dump_json(DOCUMENT)) == _AS_JSON
    with pytest.raises(pydantic.ValidationError, match=r"spipconv\.from_dict"):
        adapter.validate_python(_AS_JSON)
    door: pydantic.TypeAdapter[Document] = pydantic.TypeAdapter(
        Annotated[Document, pydantic.BeforeValidator(from_dict)]
    )
    assert door.validate_json(render(DOCUMENT, "json")) == DOCUMENT
    with pytest.raises(pydantic.ValidationError, match=r"\$\.children: expected an array, got 3"):
        door.validate_python({"type": "Document", "children": 3})
    assert door.json_schema()["$defs"]["Text"]["properties"]["text"]["type"] == "string"


def test_the_description_for_pydantic_is_the_schema() -> None:
    described = pydantic.TypeAdapter(Document).json_schema(mode="serialization")["$defs"]
    shipped = spipconv.schema()["$defs"]
    assert isinstance(shipped, dict)
    assert {name: set(described[name]["properties"]) for name in described} == {
        name: set(definition["properties"]) for name, definition in shipped.items() if name not in ("Node", "Document")
    }
