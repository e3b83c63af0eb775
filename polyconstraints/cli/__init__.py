"""The command line: one module a command, each importing what it needs when it runs.

:mod:`~polyconstraints.cli.main` holds the table of commands and the entry point,
:mod:`~polyconstraints.cli.commands` the click classes,
:mod:`~polyconstraints.cli.options` the options that commands share,
:mod:`~polyconstraints.cli.output` and :mod:`~polyconstraints.cli.console` what they write to.
"""
