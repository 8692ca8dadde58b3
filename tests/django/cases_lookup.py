"""Conditions on a model's own columns."""
from press.models import Article
CASES = {"exact": lambda: Article.objects.filter(title="the"), "all": lambda: Article.objects.all()}
