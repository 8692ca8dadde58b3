"""What is asked: an endpoint a row, its requests, and what its answer says."""

import json
import random
from datetime import datetime

ARTICLES = 50000
ACCOUNTS = 1000
PAGES = 50
PAGE_SIZE = 20


def list_requests(server):
    """Pages by cursor, each server's cursors of its own making."""
    path, paths = f'/articles/cursor?page_size={PAGE_SIZE}', []
    while len(paths) < PAGES:
        paths.append(path)
        cursor = server.request('GET', path).json['next']
        path = f'/articles/cursor?page_size={PAGE_SIZE}&after={cursor}'
    return [('GET', path, None) for path in paths]


def detail_requests(server):
    numbers = random.Random(1)
    return [('GET', f'/articles/{numbers.randint(1, ARTICLES)}', None) for _ in range(2000)]


def page_requests(server):
    return [('GET', f'/articles?page={page}&page_size={PAGE_SIZE}', None) for page in range(1, PAGES + 1)]


def stats_requests(server):
    return [('GET', '/stats', None)]


def create_requests(server):
    numbers = random.Random(2)
    return [
        (
            'POST',
            '/articles',
            json.dumps(
                {
                    'title': f'New article {i}',
                    'content': 'Lorem ipsum "dolor" sit amet. ' * 10,
                    'author_id': numbers.randint(1, 2000),
                    'published': True,
                    'tags': numbers.sample(range(1, 201), 3),
                }
            ),
        )
        for i in range(500)
    ]


def transfer_requests(server):
    numbers = random.Random(3)
    pairs = [numbers.sample(range(1, ACCOUNTS + 1), 2) for _ in range(2000)]
    return [('POST', '/transfer', json.dumps({'from': a, 'to': b, 'amount': 1})) for a, b in pairs]


# key, what it is, requests, expected status, requests compared, whether the bars are about it
ENDPOINTS = [
    ('list', f'GET /articles/cursor: {PAGE_SIZE} articles with author and tags', list_requests, 200, 50),
    ('detail', 'GET /articles/{id}: author, tags, 8 comments with their authors', detail_requests, 200, 100),
    ('page', f'GET /articles?page=: {PAGE_SIZE} articles and the count of {ARTICLES:,}', page_requests, 200, 50),
    ('stats', 'GET /stats: two counts and an average', stats_requests, 200, 2),
    ('create', 'POST /articles: an article with 3 tags, and the answer as of detail', create_requests, 201, 20),
    ('transfer', 'POST /transfer: lock two accounts, check, move, read', transfer_requests, 200, 20),
]


def normalise(value, name=None, written=False):
    """The same for JSON that means the same: moments as such, numbers as floats, sets of tags and comments in the order of
    their keys, cursors as whether there is one. Of what was just written, keys and moments differ."""
    if isinstance(value, dict):
        members = {key: normalise(member, key, written) for key, member in value.items() if key != 'previous'}
        if written and 'comments' in members:
            members.update(id=None, created_at=None)
        return members
    if isinstance(value, list):
        items = [normalise(item, None, written) for item in value]
        return sorted(items, key=lambda item: item['id']) if name in ('tags', 'comments') else items
    if name == 'next':
        return value is not None
    if name == 'created_at' and isinstance(value, str):
        return datetime.fromisoformat(value.replace('Z', '+00:00'))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return value
