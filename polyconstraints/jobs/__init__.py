"""Long results: written in parts, by several processes, and continued after an interruption.

:mod:`~polyconstraints.jobs.pieces` says what such a result is: a sequence of texts and of parts
still to be written. :mod:`~polyconstraints.jobs.engines` has the parts written, here, in several
processes or on a Dask cluster, and :mod:`~polyconstraints.jobs.parts` keeps them as files, which
become one at the end.
"""
