"""The endpoints of examples/blog, as Django-Bolt's documentation recommends to write them: asynchronous handlers, select_related and
prefetch_related, msgspec Structs made by hand from objects (topics/async-orm), a block in sync_to_async."""

from datetime import datetime

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Avg, Count, F, Q
from django_bolt import BoltAPI
from django_bolt.exceptions import HTTPException

from . import models, schemas

api = BoltAPI()

ARTICLES = models.Article.objects.select_related('author').order_by('-created_at', '-id')
SUMMARIES = ARTICLES.prefetch_related('tags')
DETAILS = ARTICLES.prefetch_related('tags', 'comments__author')
MAX_PAGE_SIZE = 100


@api.get('/articles/cursor')
async def list_by_cursor(after: str | None = None, page_size: int = 20) -> schemas.CursorPage:
    page_size = min(page_size, MAX_PAGE_SIZE)
    articles = SUMMARIES
    if after:
        moment, number = after.split('_')
        moment = datetime.fromisoformat(moment)
        articles = articles.filter(Q(created_at__lt=moment) | Q(created_at=moment, id__lt=int(number)), created_at__lte=moment)
    found = [article async for article in articles[: page_size + 1]]
    items = found[:page_size]
    more = len(found) > page_size
    return schemas.CursorPage(
        items=[schemas.ArticleSummary.of(article) for article in items],
        next=f'{items[-1].created_at:%Y-%m-%dT%H:%M:%S.%fZ}_{items[-1].id}' if more else None,
    )


@api.get('/articles')
async def list_articles(page: int = 1, page_size: int = 20) -> schemas.Page:
    page_size = min(page_size, MAX_PAGE_SIZE)
    offset = (page - 1) * page_size
    total = await models.Article.objects.acount()
    pages = max((total + page_size - 1) // page_size, 1)
    return schemas.Page(
        items=[schemas.ArticleSummary.of(article) async for article in SUMMARIES[offset : offset + page_size]],
        total=total,
        page=page,
        pages=pages,
        page_size=page_size,
        has_next=page < pages,
        has_previous=page > 1,
    )


@api.get('/articles/{article_id}')
async def get_article(article_id: int) -> schemas.ArticleDetail:
    try:
        return schemas.ArticleDetail.of(await DETAILS.aget(id=article_id))
    except models.Article.DoesNotExist:
        raise HTTPException(status_code=404, detail='Not found.')


@sync_to_async
def save(article):
    with transaction.atomic():
        made = models.Article.objects.create(
            title=article.title,
            content=article.content,
            author_id=article.author_id,
            published=article.published,
            draft=article.draft,
        )
        made.tags.set(article.tags)
    return made.id


@api.post('/articles', status_code=201)
async def create_article(article: schemas.ArticleInput) -> schemas.ArticleDetail:
    return schemas.ArticleDetail.of(await DETAILS.aget(id=await save(article)))


@api.get('/stats')
async def get_stats() -> schemas.Stats:
    stats = await models.Article.objects.aaggregate(
        total=Count('*'),
        published=Count('id', filter=Q(published=True)),
        average_comment_count=Avg('comment_count'),
    )
    return schemas.Stats(**stats)


@sync_to_async
def move(order):
    both = models.Account.objects.filter(id__in=[order.source, order.target]).order_by('id')
    with transaction.atomic():
        accounts = {account.id: account for account in both.select_for_update()}
        if len(accounts) != 2:
            raise HTTPException(status_code=404, detail='There is no such account.')
        if accounts[order.source].balance < order.amount:
            raise HTTPException(status_code=409, detail='The balance does not suffice.')
        models.Account.objects.filter(id=order.source).update(balance=F('balance') - order.amount)
        models.Account.objects.filter(id=order.target).update(balance=F('balance') + order.amount)
        return list(both)


@api.post('/transfer')
async def transfer(order: schemas.Order) -> list[schemas.Account]:
    return [schemas.Account(id=account.id, owner=account.owner, balance=account.balance) for account in await move(order)]
