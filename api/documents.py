"""What OpenAPI says of routes that read their body and write their answer as bytes: the same types, said once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Litestar, MediaType, Request
from litestar.openapi import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, Operation, Parameter, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat, OpenAPIType
from litestar.routes import HTTPRoute

from api.problems import MEDIA_TYPE, ProblemView
from api.requests import FILE, MAX_NAME, MAX_PAGE


def integer(says: str, least: int, most: int) -> Schema:
    """A whole number in the query."""
    return Schema(type=OpenAPIType.INTEGER, description=says, minimum=least, maximum=most)


def text(says: str, *allowed: str, form: OpenAPIFormat | None = None) -> Schema:
    """A text in the query: one of those allowed, or any of the form."""
    return Schema(type=OpenAPIType.STRING, description=says, enum=allowed or None, format=form)


PAGE = integer("how many at most", 1, MAX_PAGE)
"""The query parameter `limit` of a list."""


def answers(good: Mapping[int, Any], *problems: int) -> dict[int, ResponseSpec]:
    """The answers of a route: its good ones by status, and the problems beyond those every route may give."""
    specs = {
        status: ResponseSpec(
            view, description="The answer.", media_type=MediaType.JSON, generate_examples=False
        )
        for status, view in good.items()
    }
    for status in {400, 401, 403, 429, *problems}:
        specs[status] = ResponseSpec(
            ProblemView,
            description="A problem document (RFC 9457).",
            media_type=MEDIA_TYPE,
            generate_examples=False,
        )
    return specs


def body(
    form: Any,
    *,
    idempotent: bool = False,
    if_match: bool = False,
    query: Mapping[str, Schema] | None = None,
    media_types: tuple[str, ...] = (),
    file: bool = False,
) -> type[Operation]:
    """An operation that documents a body decoded by hand, its headers, its query, and what else it answers in.

    With `file` the body is a file, as `read_file` takes it.
    """
    parameters = [
        Parameter(name=name, param_in="query", required=False, description=schema.description, schema=schema)
        for name, schema in (query or {}).items()
    ]
    if file:
        says = "what the file is called, such as sheets.csv"
        named = Schema(type=OpenAPIType.STRING, min_length=1, max_length=MAX_NAME)
        parameters.append(
            Parameter(name="name", param_in="query", required=True, description=says, schema=named)
        )
    if idempotent:
        parameters.append(
            Parameter(
                name="Idempotency-Key",
                param_in="header",
                required=True,
                description="A UUID you invent: the id of what this makes, for ever.",
                schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.UUID),
            )
        )
    if if_match:
        parameters.append(
            Parameter(
                name="If-Match",
                param_in="header",
                required=True,
                description="The ETag of what you have read.",
                schema=Schema(type=OpenAPIType.STRING),
            )
        )

    @dataclass
    class DocumentedOperation(Operation):
        def __post_init__(self) -> None:
            self.parameters = [*(self.parameters or []), *parameters]
            for media_type in media_types:
                answer = (self.responses or {})["200"]
                if isinstance(answer, OpenAPIResponse) and answer.content is not None:
                    answer.content[media_type] = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))
            if file:
                binary = Schema(type=OpenAPIType.STRING, content_media_type=FILE)
                self.request_body = RequestBody(
                    required=True, content={FILE: OpenAPIMediaType(schema=binary)}
                )
            if form is not None:
                self.request_body = RequestBody(
                    required=True, content={"application/json": OpenAPIMediaType(schema=_schema(form))}
                )

    return DocumentedOperation


def _schema(form: Any) -> Any:
    """The JSON Schema of a body, written out in place: nested Structs are inlined, unknown names forbidden."""
    if form is dict:
        return Schema(type=OpenAPIType.OBJECT, max_properties=0)
    schema, components = msgspec.json.schema(form), {}
    components = schema.pop("$defs", {})

    def resolve(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return resolve(components[node["$ref"].rsplit("/", 1)[-1]])
            # A discriminator would point at components that are written out here.
            return {key: resolve(value) for key, value in node.items() if key != "discriminator"}
        if isinstance(node, list):
            return [resolve(item) for item in node]
        return node

    return RawSchema(raw=resolve(schema))


@dataclass
class RawSchema(Schema):
    """A JSON Schema as msgspec wrote it."""

    raw: dict[str, Any] | None = None

    def to_schema(self) -> dict[str, Any]:
        return dict(self.raw or {})


class Description(JsonRenderPlugin):
    """The description of the API as JSON, made when it is first asked for: a service starts without it."""

    _made: dict[str, Any] | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The description with what each route's own rule says of access, which Litestar's does not know."""
        if self._made is None:
            _document_access(request.app)
            self._made = request.app.openapi_schema.to_schema()
        return super().render(request, self._made)


def _document_access(app: Litestar) -> None:
    """Say of every route in the description which of the ways to show who one is it takes, from its own rule."""
    paths = app.openapi_schema.paths or {}
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for method, (handler, _) in route.route_handler_map.items():
            item = paths.get(route.path_format) or paths.get(route.path_format + "/")
            operation = None if item is None else getattr(item, method.lower(), None)
            if operation is not None:
                operation.security = _ways_in(handler.opt)


def _ways_in(opt: dict[str, Any]) -> list[dict[str, list[str]]]:
    if opt.get("public"):
        return []
    rule = opt["rule"]
    ways: list[dict[str, list[str]]] = [] if rule.token is None else [{"token": []}]
    return [*ways, {"session": []}] if rule.roles or rule.member else ways
