"""The report of what was measured: http.tsv, and from it http.md and http.svg.

    report.py FOLDER    writes the last two again
"""

import math
import os
import sys

from endpoints import ENDPOINTS

COLUMNS = 'endpoint concurrency server requests_s p50_ms p99_ms server_us database_us wrk_us statements compared errors turns'.split()
NUMBERS = 'requests_s p50_ms p99_ms server_us database_us wrk_us statements'.split()
BAR_DJANGO, BAR_LATERAL, BAR_TAIL = 10, 1.3, 10
BARRED = 'list', 'detail'


def write(folder, facts, rows, names):
    with open(os.path.join(folder, 'http.tsv'), 'w') as file:
        for name, value in facts.items():
            file.write(f'# {name}\t{value}\n')
        for key, name in names.items():
            file.write(f'# server {key}\t{name}\n')
        file.write('\t'.join(COLUMNS) + '\n')
        for row in rows:
            file.write('\t'.join(f'{row[name]:.3f}' if name in NUMBERS else str(row[name]) for name in COLUMNS) + '\n')
    write_again(folder)


def read(folder):
    facts, names, rows = {}, {}, []
    with open(os.path.join(folder, 'http.tsv')) as file:
        for line in file.read().splitlines():
            fields = line.split('\t')
            if fields[0].startswith('# server '):
                names[fields[0][9:]] = fields[1]
            elif line.startswith('# '):
                facts[fields[0][2:]] = fields[1]
            elif fields != COLUMNS:
                row = dict(zip(COLUMNS, fields))
                row.update({name: float(row[name]) for name in NUMBERS})
                row.update({name: int(row[name]) for name in ('concurrency', 'compared', 'errors')})
                rows.append(row)
    return facts, names, rows


def write_again(folder):
    facts, names, rows = read(folder)
    with open(os.path.join(folder, 'http.md'), 'w') as file:
        file.write(markdown(facts, names, rows))
    with open(os.path.join(folder, 'http.svg'), 'w') as file:
        file.write(plot(facts, names, rows))


# ---- the table ----


def number(value):
    return f'{value:,.0f}' if value >= 100 else f'{value:.1f}' if value >= 1 else f'{value:.2f}'


def ratio(rows, endpoint, concurrency, peer):
    """Our requests a second over a peer's; None where one is missing."""
    found = {row['server']: row['requests_s'] for row in rows if (row['endpoint'], row['concurrency']) == (endpoint, concurrency)}
    return found['bolt_orm'] / found[peer] if 'bolt_orm' in found and found.get(peer) else None


def verdict(holds):
    return 'holds' if holds else '**missed**'


def bars(rows):
    yield '| bar | at | measured | |'
    yield '| --- | ---: | ---: | --- |'
    for endpoint in BARRED:
        for peer, name, bar in ('django_bolt', "Django-Bolt's", BAR_DJANGO), ('lateral', "hand-written SQL's", BAR_LATERAL):
            for concurrency in sorted({row['concurrency'] for row in rows if row['endpoint'] == endpoint}):
                measured = ratio(rows, endpoint, concurrency, peer)
                if measured:
                    yield f'| {endpoint}: ≥ {bar} × {name} requests a second | {concurrency} | {measured:.2f} × | {verdict(measured >= bar)} |'
    for row in rows:
        if row['server'] == 'bolt_orm' and row['concurrency'] == 256:
            tail = row['p99_ms'] / row['p50_ms']
            yield f'| {row["endpoint"]}: p99 under {BAR_TAIL} × p50 | 256 | {tail:.1f} × | {verdict(tail < BAR_TAIL)} |'


def markdown(facts, names, rows):
    lines = ['# HTTP', '']
    lines.append(
        f'`make bench-http`, {facts["date"]}{" (a quick look)" if facts["quick"] == "1" else ""}: {facts["rounds"]} rounds of'
        f' {facts["seconds"]} s a point and server, in turns; {facts["processes"]} processes with {facts["connections"]} database'
        f' connections each; {facts["cores"]} cores shared by server, database and {facts["wrk"]} (load before the start: {facts["load"]});'
        f' PostgreSQL {facts["postgresql"]} over a Unix socket, `{facts["options"]}`, nothing synced to disk; {facts["django"]}.'
        f' Medians of the rounds.'
    )
    lines += ['', '![Requests a second, latency and processor time](http.svg)', '', '## Bars', '', *bars(rows)]
    for key, title, *_ in ENDPOINTS:
        mine = [row for row in rows if row['endpoint'] == key]
        if not mine:
            continue
        lines += ['', f'## {key}', '', f'{title}. {mine[0]["compared"]} answers of each server were the same before it was timed.', '']
        lines.append(
            '| connections | | requests/s | bolt_orm is | p50 ms | p99 ms | µs a request: server | database | wrk | statements | not 2xx |'
        )
        lines.append('| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
        for row in mine:
            times = ratio(rows, key, row['concurrency'], row['server'])
            compared = '' if row['server'] == 'bolt_orm' or times is None else f'{times:.1f} ×' if times >= 10 else f'{times:.2f} ×'
            cells = [
                str(row['concurrency']),
                names[row['server']],
                number(row['requests_s']),
                compared,
                f'{row["p50_ms"]:.2f}',
                f'{row["p99_ms"]:.2f}',
                number(row['server_us']),
                number(row['database_us']),
                number(row['wrk_us']),
                f'{row["statements"]:g}',
                str(row['errors']),
            ]
            lines.append('| ' + ' | '.join(cells) + ' |')
    lines += [
        '',
        'µs are processor time, user and kernel, of all processes of the server, of PostgreSQL and of wrk, divided by the requests.'
        ' Statements are what the client sends, BEGIN and COMMIT included, by pg_stat_statements. wrk sends the next'
        ' request of a connection when the one before is answered, so latency at 256 is above all the queue: 256 over requests a second.',
        '',
        'Hand-written SQL is LATERAL for one article and grouped for lists, which is twice as fast there as LATERAL; writes are one statement with'
        ' data-modifying WITH: [the fastest forms found](../README.md#http). It does less than the client: no time-outs, no reconnection, no filters.',
        '',
    ]
    return '\n'.join(lines)


# ---- the plot ----

COLOURS = {'bolt_orm': '#1f6feb', 'lateral': '#7d8590', 'django_bolt': '#d9822b'}
WIDTH, LEFT, RIGHT, BAR, GAP = 860, 150, 90, 11, 12


class Drawing:
    def __init__(self):
        self.parts = []
        self.y = 30

    def text(self, x, y, text, size=12, anchor='start', weight='normal', fill='#24292f'):
        text = text.replace('&', '&amp;').replace('<', '&lt;')
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" fill="{fill}">{text}</text>'
        )

    def box(self, x, y, width, height, fill, opacity=1):
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.5):.1f}" height="{height}" fill="{fill}" fill-opacity="{opacity}" rx="1.5"/>'
        )

    def line(self, x1, y1, x2, y2, stroke, width=1):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}" stroke-width="{width}"/>')

    def dot(self, x, y, fill, hollow=False):
        inside, edge = ('white', fill) if hollow else (fill, fill)
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{inside}" stroke="{edge}" stroke-width="1.8"/>')

    def __str__(self):
        height = self.y + 10
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}"'
            ' font-family="system-ui, sans-serif">\n<rect width="100%" height="100%" fill="white"/>\n' + '\n'.join(self.parts) + '\n</svg>\n'
        )


class LogScale:
    def __init__(self, values):
        self.least = math.floor(math.log10(min(values)))
        self.most = max(math.ceil(math.log10(max(values))), self.least + 1)

    def at(self, value):
        share = (math.log10(max(value, 10**self.least)) - self.least) / (self.most - self.least)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def draw(self, drawing, top, bottom, unit):
        for power in range(self.least, self.most + 1):
            x = self.at(10**power)
            drawing.line(x, top, x, bottom, '#e2e5e9')
            drawing.text(x, bottom + 14, f'{10**power:,g}', 10, 'middle', fill='#57606a')
        drawing.text(WIDTH - RIGHT + 28, bottom + 14, unit, 10, fill='#57606a')


def panel(drawing, title, rows, names, values_of, unit, draw_row):
    """A row a server, in groups by endpoint and connections, over a logarithmic scale."""
    groups = [
        (key, concurrency, [row for row in rows if (row['endpoint'], row['concurrency']) == (key, concurrency)])
        for key, *_ in ENDPOINTS
        for concurrency in sorted({row['concurrency'] for row in rows})
    ]
    groups = [group for group in groups if group[2]]
    scale = LogScale([value for row in rows for value in values_of(row) if value > 0] or [1])
    drawing.text(10, drawing.y, title, 14, weight='bold')
    top = drawing.y + 10
    bottom = top + sum(len(found) * BAR + GAP for _, _, found in groups)
    scale.draw(drawing, top, bottom, unit)
    y = top + GAP / 2
    for key, concurrency, found in groups:
        drawing.text(LEFT - 10, y + len(found) * BAR / 2 + 4, f'{key}, {concurrency} conn.', 12, 'end')
        for row in found:
            draw_row(drawing, scale, row, y)
            y += BAR
        y += GAP
    drawing.y = bottom + 50


def draw_requests(drawing, scale, row, y):
    x = scale.at(row['requests_s'])
    drawing.box(LEFT, y, x - LEFT, BAR - 2, COLOURS[row['server']])
    drawing.text(x + 4, y + BAR - 3, number(row['requests_s']), 10)


def draw_latency(drawing, scale, row, y):
    a, b = scale.at(row['p50_ms']), scale.at(row['p99_ms'])
    drawing.box(a, y + 2, b - a, BAR - 6, COLOURS[row['server']])
    drawing.dot(a, y + BAR / 2 - 1, COLOURS[row['server']])


def draw_processor(drawing, scale, row, y):
    a, b = scale.at(row['server_us']), scale.at(row['database_us'])
    drawing.line(a, y + BAR / 2 - 1, b, y + BAR / 2 - 1, '#c9ced6')
    drawing.dot(a, y + BAR / 2 - 1, COLOURS[row['server']])
    drawing.dot(b, y + BAR / 2 - 1, COLOURS[row['server']], hollow=True)


def plot(facts, names, rows):
    drawing = Drawing()
    x = 10
    for key, name in names.items():
        drawing.box(x, drawing.y - 11, 12, 12, COLOURS[key])
        drawing.text(x + 18, drawing.y, name, 13)
        x += 40 + 8 * len(name)
    drawing.text(WIDTH - 10, drawing.y, f'{facts["date"]}, {facts["processes"]} processes, {facts["cores"]} cores', 11, 'end', fill='#57606a')
    drawing.y += 36
    panel(drawing, 'Requests a second, logarithmic (longer is better)', rows, names, lambda row: [row['requests_s']], 'per s', draw_requests)
    panel(drawing, 'Latency: dot p50, bar to p99 (further left is better)', rows, names, lambda row: [row['p50_ms'], row['p99_ms']], 'ms', draw_latency)
    panel(
        drawing,
        'Processor time a request: full dot server, hollow dot database (further left is better)',
        rows,
        names,
        lambda row: [row['server_us'], row['database_us']],
        'µs',
        draw_processor,
    )
    return str(drawing)


if __name__ == '__main__':
    write_again(sys.argv[1])
