from django.core.management.commands import makemessages


class Command(makemessages.Command):
    """Django's, which does not know the name that modules with a lazy `_` give to gettext."""

    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=_t"]
