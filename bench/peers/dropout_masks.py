"""Our dropout masks in numpy: Philox4x32-10 words that walk an alias table of gaps, as src/training/dropout-kernel.ts draws them."""

import math

import numpy

COLUMNS, FRACTION_BITS, ALIAS_BITS = 64, 26, 6
DROPOUT_STREAM = 2


def gap_table(p):
    """src/training/gap-table.ts, `buildGapTable`. uint32 [64]"""
    scaled = [COLUMNS * (p if k < COLUMNS - 1 else 1) * (1 - p) ** k for k in range(COLUMNS)]
    entries = list(range(COLUMNS))
    small = [k for k, mass in enumerate(scaled) if mass < 1]
    large = [k for k, mass in enumerate(scaled) if mass >= 1]
    while small and large:
        less, more = small.pop(), large[-1]
        threshold = math.floor(scaled[less] * 2**FRACTION_BITS + 0.5)
        if threshold < 2**FRACTION_BITS:
            entries[less] = threshold * 2**ALIAS_BITS + more
        scaled[more] -= 1 - scaled[less]
        if scaled[more] < 1:
            small.append(large.pop())
    return numpy.array(entries, numpy.uint32)


def philox(key, counter):
    """Four uint32 words for every counter: four arrays (or numbers) that broadcast together."""
    low = numpy.uint64(0xFFFFFFFF)
    c0, c1, c2, c3 = numpy.broadcast_arrays(*(numpy.asarray(word, numpy.uint64) for word in counter))
    k0, k1 = key
    for _ in range(10):
        first, second = c0 * numpy.uint64(0xD2511F53), c2 * numpy.uint64(0xCD9E8D57)
        c0 = (second >> numpy.uint64(32)) ^ c1 ^ numpy.uint64(k0)
        c1 = second & low
        c2 = (first >> numpy.uint64(32)) ^ c3 ^ numpy.uint64(k1)
        c3 = first & low
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return c0, c1, c2, c3


class DropoutMasks:
    def __init__(self, p, seed):
        self.p, self.seed, self.table = p, seed, gap_table(p)

    def draw(self, rows, size, step, place):
        """float32 [rows, size]: 0 or 1/(1 - p)."""
        blocks = math.ceil((size * self.p * 1.1 + 64) / 4)
        while True:
            words = philox(
                (DROPOUT_STREAM, self.seed),
                (numpy.arange(blocks)[None, :], numpy.arange(rows)[:, None], step, place),
            )
            words = numpy.stack(words, -1).reshape(rows, -1).astype(numpy.uint32)
            column = words >> FRACTION_BITS
            entry = self.table[column]
            is_column = (words & (2**FRACTION_BITS - 1)) < (entry >> ALIAS_BITS)
            kept = numpy.where(is_column, column, entry & (2**ALIAS_BITS - 1)).astype(numpy.int64)
            drops = kept < COLUMNS - 1
            ends = numpy.cumsum(kept + drops, 1)
            if (ends[:, -1] >= size).all():
                break
            blocks *= 2
        dropped = drops & (ends <= size)
        mask = numpy.full((rows, size), 1 / (1 - self.p), numpy.float32)
        mask[dropped.nonzero()[0], ends[dropped] - 1] = 0
        return mask
