"""``--config``: a TOML file comes in, the options of a command that are not on its command line go out."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from pathlib import Path

import click

from spipconv.commands.errors import CommandError

# The table of a file that holds no option.
FRONT_MATTER = "front-matter"


def read_config(context: click.Context, _: click.Parameter, path: Path | None) -> dict[str, object]:
    """Take the options of a file as defaults of the command; return its table of front matter.

    Options have the names that they have on the command line; paths start in the file's folder. Raises CommandError,
    with one line, for a file that cannot be read and for an unknown name or a value that an option cannot have.
    """
    if path is None:
        return {}
    try:
        tables = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise CommandError(f"--config: {path}: {error.strerror or error}") from error
    except ValueError as error:
        # Of UTF-8 or of TOML.
        raise CommandError(f"--config: {path}: {' '.join(str(error).split())}") from error
    front_matter = tables.pop(FRONT_MATTER, {})
    if not isinstance(front_matter, dict):
        raise CommandError(f"--config: {path}: {FRONT_MATTER}: write the fields below a line [{FRONT_MATTER}]")
    parameters = {_name(parameter): parameter for parameter in context.command.params}
    del parameters["config"]
    parameters.pop("help", None)
    defaults: dict[str, object] = {}
    for name, value in tables.items():
        if name not in parameters:
            choices = ", ".join([*sorted(parameters), f"[{FRONT_MATTER}]"])
            raise CommandError(f"--config: {path}: {name} is not an option: choose from {choices}")
        try:
            defaults[parameters[name].name or ""] = _value(context, parameters[name], value, path.parent)
        except (click.BadParameter, CommandError) as error:
            raise CommandError(f"--config: {path}: {name}: {error.message}") from error
    context.default_map = {**defaults, **(context.default_map or {})}
    return front_matter


def _name(parameter: click.Parameter) -> str:
    """Return the name of an option without its dashes, or that of an argument."""
    return max(parameter.opts, key=len).lstrip("-")


def _value(context: click.Context, parameter: click.Parameter, value: object, folder: Path) -> object:
    """Return a value as the command line would give it. Raises BadParameter or CommandError."""
    if isinstance(parameter, click.Option) and parameter.is_flag:
        if not isinstance(value, bool):
            raise click.BadParameter("expected true or false")
        return value
    is_many = parameter.multiple if isinstance(parameter, click.Option) else False
    values = value if isinstance(value, list) and is_many else [value]
    written = [_written(parameter, item, folder) for item in values]
    result: object = written if is_many else written[0]
    parameter.type_cast_value(context, result)
    return result


def _written(parameter: click.Parameter, value: object, folder: Path) -> str | int:
    """Return one value as it would be written on the command line. Raises BadParameter."""
    if isinstance(parameter.type, click.IntRange):
        if not isinstance(value, int) or isinstance(value, bool):
            raise click.BadParameter("expected a whole number")
        return value
    if isinstance(value, (date, datetime)):
        return value.isoformat()[:10]
    if isinstance(value, int) and not isinstance(value, bool) and not isinstance(parameter.type, click.Path):
        # A section by its number, a year.
        return str(value)
    if not isinstance(value, str):
        raise click.BadParameter("expected text in quotes")
    is_path = isinstance(parameter.type, click.Path) or (parameter.name == "source" and "://" not in value)
    return str(folder / value) if is_path else value
