"""``spipconv comments``: the forum of a static site, one subcommand for each thing to do with it."""

from __future__ import annotations

import click

from spipconv.commands.errors import CommandError
from spipconv.commands.lazy_group import LazyGroup

_NOT_INSTALLED = 'comments are not installed: pip install "spipconv[comments]"'
_COMMANDS = {
    "init": "Create the base FILE, and its key beside it.",
    "set": "Set the setting NAME of the base FILE to VALUE, or print one or all of them.",
    "moderator": "Add moderators to a base, list them, give them passwords, shut them out and let them in again.",
    "pages": "Register the pages of SITE in the base FILE, or list those that it has.",
    "export": "Write the published messages of the base FILE into the folder SITE, one file a page.",
    "import": "Import the messages of SOURCE into the base FILE, in their threads, with their dates and statuses.",
    "list": "List messages of the base FILE: those that are held, or have another status.",
    "show": "Print the message NUMBER of the base FILE, with the addresses of its links.",
    "accept": "Publish messages of the base FILE, whatever they were before.",
    "refuse": "Refuse messages of the base FILE, or withdraw published ones.",
    "spam": "Mark messages of the base FILE as spam; the classifier learns from it.",
    "block": "Add networks, e-mail addresses and words to the block list of a base, list them, and remove them.",
    "mail": "Show how the mails of a base are, send one to try, and have those that failed sent again.",
    "check": "Say what is wrong with the base FILE, its key and its permissions; a server may go on meanwhile.",
    "backup": "Copy the base FILE to TARGET, or into the folder TARGET; a server may go on meanwhile.",
    "key": "Give the base FILE a new key, if others may have seen the old one, or if it is lost.",
    "purge": "Forget networks, and delete refused messages and what has ended, as the settings of FILE say.",
    "forget": "Forget all data of the person with the address EMAIL.",
    "copy": "Print all data of the person with the address EMAIL as JSON.",
    "privacy": "Print a text for the site's privacy page, in Markdown, that says what the settings of FILE are.",
}


class _Comments(LazyGroup):
    """The commands on a base."""

    sentences = _COMMANDS

    def load(self, name: str, command: click.Command) -> click.Command:
        """Import a command and return it whole. Raises CommandError if what it needs is not installed."""
        # Statements, so that tools which follow imports see them.
        try:
            match name:
                case "init":
                    from spipconv.commands.comments.base import init as command
                case "set":
                    from spipconv.commands.comments.base import set_setting as command
                case "moderator":
                    from spipconv.commands.comments.moderators import moderator as command
                case "list":
                    from spipconv.commands.comments.messages import list_messages as command
                case "show":
                    from spipconv.commands.comments.messages import show_message as command
                case "accept":
                    from spipconv.commands.comments.messages import accept as command
                case "refuse":
                    from spipconv.commands.comments.messages import refuse as command
                case "spam":
                    from spipconv.commands.comments.messages import mark_as_spam as command
                case "block":
                    from spipconv.commands.comments.moderators import block as command
                case "pages":
                    from spipconv.commands.comments.publish import pages as command
                case "export":
                    from spipconv.commands.comments.publish import export as command
                case "mail":
                    from spipconv.commands.comments.mail import mail as command
                case "import":
                    from spipconv.commands.comments.move import import_messages as command
                case "check":
                    from spipconv.commands.comments.upkeep import check_base as command
                case "backup":
                    from spipconv.commands.comments.upkeep import back_up_base as command
                case "key":
                    from spipconv.commands.comments.upkeep import change_key_of_base as command
                case "purge":
                    from spipconv.commands.comments.privacy import purge_base as command
                case "forget":
                    from spipconv.commands.comments.privacy import forget_person as command
                case "copy":
                    from spipconv.commands.comments.privacy import copy_person as command
                case "privacy":
                    from spipconv.commands.comments.privacy import print_policy as command
        except ImportError as error:
            raise CommandError(_NOT_INSTALLED) from error
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; what is wrong with the base, its key or a setting, or not installed, is one line."""
        from spipconv.forum.keys import KeyFileError
        from spipconv.forum.settings import SettingError
        from spipconv.forum.store.errors import StoreError

        try:
            return super().invoke(ctx)
        except (KeyFileError, SettingError, StoreError) as error:
            raise CommandError(str(error)) from error
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("spipconv"):
                raise
            raise CommandError(_NOT_INSTALLED) from error


@click.group(
    cls=_Comments,
    epilog="""\b
Examples:
  spipconv comments init forum.db --site https://www.example.org
  spipconv comments pages forum.db public/sitemap.xml
  spipconv comments moderator add forum.db anne
  spipconv serve --comments forum.db
  spipconv comments backup forum.db /backups/
""",
)
def comments() -> None:
    """Keep the comments of a static site: their base, moderators and pages. "spipconv serve --comments" serves them."""
