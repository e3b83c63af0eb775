"""Long results: written in parts, by several processes, and continued after an interruption.

:mod:`~polyconstraints.jobs.document` says what such a result is: a sequence of texts and of
parts still to be written. :mod:`~polyconstraints.jobs.running` writes the parts in order,
here, in several processes or on a Dask cluster (:mod:`~polyconstraints.jobs.cluster`), and
:mod:`~polyconstraints.jobs.journal` keeps what has been written through an interruption.
"""
