"""The active plugins of a site as its report shows them: those that need attention first, with what they left."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from msgspec import Struct

from spipconv.migration.report.plugin_facts import (
    OWN_PLUGINS,
    ActivePlugin,
    PluginFact,
    PluginFate,
    find_fact,
    has_table,
)
from spipconv.migration.report.report import MigrationReport

_FATES: tuple[PluginFate, ...] = get_args(PluginFate)


class PluginRow(Struct, frozen=True):
    """A plugin, what becomes of what it made, and what it left: tables and models, with their numbers in brackets."""

    plugin: ActivePlugin
    fact: PluginFact
    left: tuple[str, ...] = ()


def plugin_rows(report: MigrationReport) -> list[PluginRow]:
    """Return the plugins that are not SPIP's own, those that need attention first."""
    tables = [mention.detail for mention in report.mentions(("table-left",))]
    models = report.unknown_models()
    rows = [
        PluginRow(plugin, find_fact(plugin.prefix), tuple(_left(plugin, tables, models)))
        for plugin in report.plugins
        if plugin.prefix not in OWN_PLUGINS
    ]
    return sorted(rows, key=lambda row: (_FATES.index(row.fact.fate), row.plugin.prefix))


def own_plugins(report: MigrationReport) -> list[ActivePlugin]:
    """Return the active plugins that are a part of SPIP."""
    return [plugin for plugin in report.plugins if plugin.prefix in OWN_PLUGINS]


def _left(plugin: ActivePlugin, tables: Iterable[str], models: dict[str, int]) -> Iterable[str]:
    yield from (table for table in tables if has_table(plugin, table.partition(" ")[0]))
    for name, number in models.items():
        if name == plugin.prefix or name.startswith(f"{plugin.prefix}_"):
            yield f"<{name}> ({number})"
