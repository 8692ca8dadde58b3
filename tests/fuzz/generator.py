"""All that is random in a case: made of a seed, so that it can be made again."""

import random

from conditions import Conditions
from expressions import Expressions
from literals import Literals
from querysets import Querysets
from writings import Writings


class Generator(Literals, Conditions, Expressions, Querysets, Writings):
    def __init__(self, models, seed, wild=0.02):
        self.models = models
        self.random = random.Random(seed)
        self.wild = wild  # how often a value fits nowhere
        self.names = 0
        self.unordered = False  # two answers may differ in their order
        self.paths = []  # of the conditions that were made
        self.windowed = False  # there is a window, which is one over a chunk

    def choice(self, things):
        return self.random.choice(things)

    def chance(self, probability):
        return self.random.random() < probability

    def integer(self, least, most):
        return self.random.randint(least, most)

    def sample(self, things, size):
        things = list(things)
        return self.random.sample(things, min(size, len(things)))

    def new_name(self, prefix):
        self.names += 1
        return f"{prefix}{self.names}"

    def any_model(self, wanted=lambda model: True):
        return self.choice([model for model in self.models.values() if wanted(model)])
