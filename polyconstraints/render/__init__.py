"""Results as text, LaTeX, JSON and for terminals; nothing here computes a result.

:mod:`~polyconstraints.render.notation` says how names are written,
:mod:`~polyconstraints.render.terms` writes many terms quickly,
:mod:`~polyconstraints.render.expansion_view` chooses what of an expansion is shown, and the modules
named after a result write it. Writers give pieces of text one after another, so that what
is long is never held whole.
"""
