"""Policies ready to be applied, each after the rules of a real bank and with its source.

They are files to begin from: a co-op takes the text, changes what it wants otherwise, and applies that.
"""

from importlib.resources import files

_FOLDER = files("ledger.hours") / "presets"


def names() -> list[str]:
    """The names of the presets, in alphabetical order."""
    found = [file.name for file in _FOLDER.iterdir()]
    return sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml"))


def text(name: str) -> str:
    """The file of a preset. Raises KeyError for a name that is not one of `names()`."""
    # Asking the list first keeps a name such as ../policy from leading anywhere.
    if name not in names():
        raise KeyError(name)
    return (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")
