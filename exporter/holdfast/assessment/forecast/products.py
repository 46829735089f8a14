"""Matrix products whose every column is the same, whatever columns stand beside it: a claim's forecast is its own."""

import numpy as np

from holdfast.assessment.forecast.readings import Singles

_WHOLE = 64  # columns that any kernel takes in whole tiles
_LARGE = 2_000_000  # multiplications; small products are made another way on wide processors


def product(matrix: Singles, columns: Singles) -> Singles:
    """``matrix @ columns``, with columns of zeros added so that the way in which it is added up is always one."""
    tile = -(-_LARGE // (matrix.size * _WHOLE)) * _WHOLE
    count = columns.shape[1]
    if over := count % tile:
        padded = np.zeros((len(columns), count - over + tile), np.float32)
        padded[:, :count] = columns
        columns = padded
    whole: Singles = matrix @ columns
    return whole[:, :count]


def small_product(matrix: Singles, columns: Singles) -> Singles:
    """The same for a matrix of a few dozen numbers, term by term."""
    total: Singles = matrix[:, 0, None] * columns[0]
    for place in range(1, matrix.shape[1]):
        total += matrix[:, place, None] * columns[place]
    return total
