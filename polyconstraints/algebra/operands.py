"""Two packed polynomials as arrays, the common input of the NumPy kernels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from polyconstraints.algebra.packing import Terms

__all__ = ["Operands", "keys_to_words", "words_to_keys"]

Words = npt.NDArray[np.uint64]

_WORD_BITS = 64


class Operands:
    """Two polynomials' packed monomials as 64-bit words, with their coefficients.

    Fields never cross words because widths divide 64 or the kernels refuse them, and guard
    bits keep sums from carrying; so the words of a product are the sums of the words.

    Parameters
    ----------
    first, second : dict
        Packed terms, neither empty.
    count, width : int
        Number and width of the fields, wide enough for the product.
    """

    __slots__ = (
        "coefficients",
        "count",
        "exponents",
        "heights",
        "keys",
        "shorter",
        "width",
        "words",
    )

    def __init__(self, first: Terms, second: Terms, count: int, width: int) -> None:
        if width > _WORD_BITS:
            raise ValueError(f"fields of {width} bits do not fit machine words")
        self.count = count
        self.width = width
        self.keys = (list(first), list(second))
        self.coefficients = (list(first.values()), list(second.values()))
        self.words: tuple[Words, Words] = (
            keys_to_words(self.keys[0], count * width),
            keys_to_words(self.keys[1], count * width),
        )
        self.exponents = (self._exponents(0), self._exponents(1))
        self.heights = (_height(self.coefficients[0]), _height(self.coefficients[1]))
        self.shorter = min(len(first), len(second))

    def _exponents(self, factor: int) -> Words:
        """Return one row of exponents for each monomial of a factor."""
        words = self.words[factor]
        fields = words.astype(">u8").view(f">u{self.width // 8}").astype(np.uint64)
        return fields[:, fields.shape[1] - self.count :]

    @property
    def product_height(self) -> int:
        """A bound on the bit length of the product's coefficients."""
        return sum(self.heights) + self.shorter.bit_length()


def _height(values: list[int]) -> int:
    return max(max(values), -min(values)).bit_length()


def keys_to_words(keys: list[int], bits: int) -> Words:
    """Return integers of at most `bits` bits as rows of words, the most significant first."""
    if bits <= _WORD_BITS:
        return np.array(keys, dtype=np.uint64).reshape(-1, 1)
    size = -(-bits // _WORD_BITS) * 8
    data = b"".join([key.to_bytes(size, "big") for key in keys])
    return np.frombuffer(data, dtype=">u8").astype(np.uint64).reshape(len(keys), size // 8)


def words_to_keys(words: Words) -> list[int]:
    """Return the integers whose words are the rows; the inverse of :func:`keys_to_words`."""
    if words.shape[1] == 1:
        column: list[int] = words[:, 0].tolist()
        return column
    data = words.astype(">u8").tobytes()
    step = 8 * words.shape[1]
    return [int.from_bytes(data[at : at + step], "big") for at in range(0, len(data), step)]
