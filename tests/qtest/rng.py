# SPDX-License-Identifier: GPL-3.0-or-later
"""rng - splitmix64 and the few draws that the generator needs.

Python's own module changes its draws between versions; a seed must name one script for ever.
"""

MASK64 = (1 << 64) - 1


class Rng:
    """A stream of draws from one seed; `name` parts streams of the same seed."""

    def __init__(self, seed, name=''):
        self.state = seed & MASK64
        for c in name.encode():
            self.state = (self.state ^ c) * 0x100000001b3 & MASK64
            self.u64()

    def u64(self):
        self.state = (self.state + 0x9e3779b97f4a7c15) & MASK64
        z = self.state
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 & MASK64
        z = (z ^ z >> 27) * 0x94d049bb133111eb & MASK64
        return z ^ z >> 31

    def below(self, n):
        """0 .. n-1"""
        return self.u64() * n >> 64

    def span(self, first, last):
        """first .. last, both included"""
        return first + self.below(last - first + 1)

    def pick(self, seq):
        return seq[self.below(len(seq))]

    def chance(self, percent):
        return self.below(100) < percent

    def weighted(self, pairs):
        """A name out of ((name, weight), ...)."""
        at = self.below(sum(w for _, w in pairs))
        for name, w in pairs:
            at -= w
            if at < 0:
                return name
        raise AssertionError('weights')
