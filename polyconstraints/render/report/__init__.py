"""One self-contained HTML page about a network: nothing is fetched, no library is needed.

:mod:`~polyconstraints.render.report.data` says what the page knows,
:mod:`~polyconstraints.render.report.page` writes it, and the template, style sheet and
scripts lie in ``assets/``.
"""

from polyconstraints.render.report.page import Report, report_html

__all__ = ["Report", "report_html"]
