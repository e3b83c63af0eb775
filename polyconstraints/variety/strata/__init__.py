"""What a network may be when only the whole must be symmetric.

The weights form an algebraic variety. A *stratum* of it is given by what each hidden level
carries, a representation of the group and functions that nothing binds; its dimensions are ranks
of differentials at random points, found modulo primes and without expanding anything.
"""

from polyconstraints.variety.strata.point import Stratum
from polyconstraints.variety.strata.variety import Strata, Variety, strata

__all__ = ["Strata", "Stratum", "Variety", "strata"]
