"""Styles, scripts and pictures, at addresses that change with their content, so that a browser keeps them for ever.

A script is served joined with all it imports, and with the texts of its language: one request instead of a dozen.
Modules import each other as `import { a, b } from "./x.js";` on one line, export by `export` before a declaration,
and never in a circle. `catalogue.js` is no file: it is made here, and holds the language, its texts and the version.
"""

import gzip
import json
import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import PurePosixPath

from babel import Locale
from litestar.response.base import ASGIResponse

from api.problems import Problem
from api.requests import bytes_response
from api.texts import LOCALES, read_catalogue

MEDIA_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "png": "image/png"}
FOR_EVER = "public, max-age=31536000, immutable"
CATALOGUE = "catalogue.js"
REFUSALS = frozenset({"ledger/book/refusals.py", "api/problems.py"})
"""Where the words of refusals stand, for the scripts that say them: those with REFUSED in them."""

REFUSED = "refused.js"

UNKNOWN_TO_BROWSERS = frozenset({"cy"})
"""Languages of which Chromium writes no dates (its `Intl.DateTimeFormat.supportedLocalesOf`)."""

_STATIC = files("api") / "web" / "static"
_IMPORT = re.compile(r'^import \{ ?([^}]*?),? ?\} from "(\.{1,2}/[^"]+)";\n', re.MULTILINE)
_EXPORT = re.compile(
    r"^export (?=(?:async function\*?|function\*?|const|class) ([A-Za-z_$][\w$]*))", re.MULTILINE
)
# Comments that have lines of their own; no text of a script goes over several lines, which a test holds.
_COMMENT = re.compile(r"^[ \t]*(?://.*|/\*\*(?:[^*]|\*(?!/))*\*/)\n", re.MULTILINE)
_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Asset:
    """Bytes to serve, as they are and packed, and the ETag that stands for them."""

    body: bytes
    packed: bytes
    media_type: str
    etag: str


def asset(body: bytes, media_type: str) -> Asset:
    return Asset(body, gzip.compress(body, 9, mtime=0), media_type, f'"{sha256(body).hexdigest()[:32]}"')


@cache
def names() -> frozenset[str]:
    """The path of every file there is below `static`."""
    found: set[str] = set()
    waiting = [("", _STATIC)]
    while waiting:
        path, folder = waiting.pop()
        for each in folder.iterdir():
            if each.is_dir():
                waiting.append((f"{path}{each.name}/", each))
            elif each.name.rpartition(".")[2] in MEDIA_TYPES:
                found.add(path + each.name)
    return frozenset(found)


def _read(name: str) -> bytes:
    return _STATIC.joinpath(*name.split("/")).read_bytes()


@cache
def version() -> str:
    """What all files and all texts amount to; it stands in every address and in the name of a phone's cache."""
    digest = sha256()
    for name in sorted(names()):
        digest.update(name.encode() + b"\0" + sha256(_read(name)).digest())
    for tag in LOCALES:
        digest.update(json.dumps(_texts(tag, None), sort_keys=True).encode())
    return digest.hexdigest()[:16]


def url(name: str, tag: str) -> str:
    """The address of a file, in a language."""
    if name not in names():
        raise KeyError(name)
    return f"/web/{version()}/{tag}/{name}"


@cache
def find(name: str, tag: str) -> Asset:
    """A file as it is served in a language. Raises Problem("not_found")."""
    if name not in names() or tag not in LOCALES:
        raise Problem("not_found")
    media_type = MEDIA_TYPES[name.rpartition(".")[2]]
    body = joined(name, tag).encode() if media_type == "text/javascript" else _read(name)
    return asset(body, media_type)


def joined(entry: str, tag: str) -> str:
    """The module and all it imports as one script, each in a function of its own, in an order that works.

    Raises ValueError for modules that import each other in a circle, or a name that is not exported.
    """
    places: dict[str, int] = {}
    exported: dict[str, list[str]] = {CATALOGUE: ["CATALOGUE"]}
    parts: list[str] = []

    def add(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ValueError(f"modules in a circle: {' '.join([*above, name])}")
        if name in places:
            return
        if name == CATALOGUE:
            places[name] = len(places)
            parts.append(f"const m{places[name]} = {{ CATALOGUE: @CATALOGUE@ }};\n")
            return
        source = _read(name).decode()
        for _, path in _IMPORT.findall(source):
            add(resolved(name, path), (*above, name))
        exported[name] = _EXPORT.findall(source)

        def bound(found: re.Match[str]) -> str:
            wanted = [each.strip() for each in found[1].split(",")]
            module = resolved(name, found[2])
            for each in wanted:
                if each.partition(" as ")[0] not in exported[module]:
                    raise ValueError(f"{name} wants {each} of {module}, which does not export it")
            return f"const {{ {', '.join(each.replace(' as ', ': ') for each in wanted)} }} = m{places[module]};\n"

        body = _EXPORT.sub("", _IMPORT.sub(bound, source))
        places[name] = len(places)
        if name == entry:
            parts.append(f"// {name}\n{body}")
        else:
            given = ", ".join(exported[name])
            parts.append(
                f"// {name}\nconst m{places[name]} = (() => {{\n{body}return {{ {given} }};\n}})();\n"
            )

    add(entry, ())
    script = "".join(parts)
    if re.search(r"^(import|export)\b", script, re.MULTILINE):
        raise ValueError(f"{entry} has an import or export that cannot be joined")
    said = {
        "language": tag,
        "locale": LOCALES[tag].replace("_", "-"),
        "version": version(),
        "texts": _texts(tag, frozenset(places)),
        "names": _names(tag),
    }
    # What only a reader of the source needs is a sixth of its length, packed.
    script = _INDENTATION.sub("", _COMMENT.sub("", script))
    # Nothing of a text may end a comment, a string or a script.
    catalogue = json.dumps(said, ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", "\\u2028")
    return script.replace("@CATALOGUE@", catalogue)


def _names(tag: str) -> dict[str, list[str]] | None:
    """The months from January, long and short, and the days from Sunday, of a language that browsers do not know."""
    if tag not in UNKNOWN_TO_BROWSERS:
        return None
    locale = Locale.parse(LOCALES[tag])
    months, weekdays = locale.months["format"], locale.days["format"]["wide"]
    return {
        "months": [months["wide"][number] for number in range(1, 13)],
        "short": [months["abbreviated"][number] for number in range(1, 13)],
        "weekdays": [weekdays[(number + 6) % 7] for number in range(7)],
    }


def resolved(name: str, path: str) -> str:
    """The module that `path` means in the module `name`."""
    parts: list[str] = []
    for part in (PurePosixPath(name).parent / path).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


@cache
def _texts(tag: str, modules: frozenset[str] | None) -> dict[str, list[str]]:
    """What the modules say, and the refusals, in a language; None means all there is."""
    catalogue = read_catalogue(tag)
    if catalogue is None:
        return {}
    wanted = None
    if modules is not None:
        wanted = {f"api/web/static/{each}" for each in modules} | (REFUSALS if REFUSED in modules else set())
    texts: dict[str, list[str]] = {}
    for message in catalogue:
        if not message.id or (
            wanted is not None and wanted.isdisjoint(path for path, _ in message.locations)
        ):
            continue
        one = message.id if isinstance(message.id, str) else message.id[0]
        forms = [message.string or ""] if isinstance(message.string, str | None) else list(message.string)
        if all(forms):
            texts[one] = forms
    return texts


def asset_response(headers: dict[str, str], found: Asset, cache_control: str) -> ASGIResponse:
    """The asset, packed when the browser takes it so, or 304 when it has it already."""
    own = {"etag": found.etag, "vary": "accept-encoding"}
    if found.etag in [each.strip() for each in headers.get("if-none-match", "").split(",")]:
        own["cache-control"] = cache_control
        return ASGIResponse(body=b"", status_code=304, headers=own, media_type=found.media_type)
    if "gzip" in headers.get("accept-encoding", ""):
        return bytes_response(
            found.packed, found.media_type, headers=own | {"content-encoding": "gzip"}, cache=cache_control
        )
    return bytes_response(found.body, found.media_type, headers=own, cache=cache_control)
