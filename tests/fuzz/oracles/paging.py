"""Pages and slices are parts of the whole."""

import base64
import json
import sys

from rows import difference, member, repeated
from session import Refused

from . import expect
from .reading import Total, distinct_values, many_in_order


class Page(Total):
    kind = "page"

    def further(self, g, model, case):
        return {**case, "page": g.integer(1, 4), "size": g.choice([1, 2, 7])}

    def check(self, session, case):
        document, size, number = case["document"], case["size"], case["page"]
        rows = session.fetch(document)
        text = session.after("page", session.one, "SELECT bolt.page(%s::json, %s, %s)::text", document, number, size)
        page = json.loads(text)
        if distinct_values(document) or many_in_order(document) or repeated(rows):
            return
        expect("page", difference(member(text, "items"), rows[(number - 1) * size : number * size]))
        expect("the page's total", page["total"] != len(rows) and f"{page['total']}, but {len(rows)} rows")
        expect("has_next", page["has_next"] != (len(rows) > number * size) and f"{page['has_next']} at {number} of {len(rows)} / {size}")
        for total in ("estimated", "none"):
            other = session.after("page with " + total, session.one, "SELECT bolt.page(%s::json, %s, %s, %s)::text", document, number, size, total)
            expect("page with " + total, difference(member(text, "items"), member(other, "items")))


class Slice(Total):
    kind = "page"

    def further(self, g, model, case):
        return {**case, "limit": g.choice([0, 1, 3, 50]), "offset": g.choice([0, 1, 5])}

    def check(self, session, case):
        rows = session.fetch(case["document"])
        part = session.after("the slice", session.fetch, {**case["document"], "limit": case["limit"], "offset": case["offset"]})
        wanted = rows[case["offset"] : case["offset"] + case["limit"]]
        expect("slice", not (repeated(rows) and many_in_order(case["document"])) and difference(part, wanted))


class Cursor(Total):
    """cursor_page, walked to its end and back, gives the rows of the fetch."""

    kind = "page"
    weight = 14

    def further(self, g, model, case):
        document = case["document"]
        if any(key in document for key in ("distinct", "union", "union_all", "intersection", "difference", "dates", "datetimes")):
            return None
        # it has each object once, which values of the rows that a condition multiplies do not tell
        if ("values" in document or "values_list" in document) and any(list(g.to_many(model, {path: None})) for path in g.paths):
            return None
        return {**case, "size": g.choice([1, 2, 3, 7])}

    def check(self, session, case):
        document, size = case["document"], case["size"]
        rows = session.fetch(document)
        ask = lambda side, cursor: session.one(f"SELECT bolt.cursor_page(%s::json, %s, {side} => %s)::text", document, size, cursor)
        try:
            text = ask("after", None)
        except Refused as refused:
            expect("cursor_page is refused", refused.state not in ("0A000", "22023") and not refused.of_data and refused)
            return
        pages, got = [text], member(text, "items")
        while json.loads(text)["next"] and len(got) <= len(rows):
            text = session.after("the next page", ask, "after", json.loads(text)["next"])
            pages.append(text)
            got += member(text, "items")
        # a cursor leads behind a row, and so behind all that are equal to it
        expect("cursor_page", not (repeated(rows) and many_in_order(document)) and difference(got, rows) and difference(got, list(dict.fromkeys(rows))))
        back = []
        while json.loads(text)["previous"] and len(back) <= len(rows):
            text = session.after("the previous page", ask, "before", json.loads(text)["previous"])
            back = member(text, "items") + back
        expect("cursor_page backwards", difference(back, got[: len(got) - len(member(pages[-1], "items"))]))


class BadCursor(Total):
    """A cursor that was changed is refused, or is one."""

    kind = "page"
    weight = 5

    def further(self, g, model, case):
        for key in ("distinct", "union", "union_all", "intersection", "difference"):
            if key in case["document"]:
                return None
        return {**case, "cut": g.random.random(), "piece": g.choice(["", "A", "==", "/", "\u00e9", "AAAA", "null", "%"]), "more": g.integer(0, 3), "side": g.choice(["after", "before"])}

    def check(self, session, case):
        document = case["document"]
        ask = lambda cursor: session.one(f"SELECT bolt.cursor_page(%s::json, 2, {case['side']} => %s)::text", document, cursor)
        cursor = json.loads(session.one("SELECT bolt.cursor_page(%s::json, 2)::text", document))["next"] or "W10="
        place = int(case["cut"] * len(cursor))
        ask(cursor[:place] + case["piece"] + cursor[place + case["more"] :])


class ForgedCursor(Total):
    """Whoever knows how a cursor is made can make one: with values that are too few, too many, or of no such type."""

    kind = "page"
    weight = 6

    def further(self, g, model, case):
        for key in ("distinct", "union", "union_all", "intersection", "difference"):
            if key in case["document"]:
                return None
        odd = [None, "", "x", "1", "-1", "99999999999999999999", "NaN", "infinity", "2024-01-01", "{}", "\u00e9", "[", 1, True, [], {"a": 1}]
        changes = [{"do": g.choice(["drop", "add", "set", "set"]), "at": g.integer(0, 6), "value": g.choice(odd)} for _ in range(g.integer(1, 3))]
        return {**case, "changes": changes, "side": g.choice(["after", "before"])}

    def check(self, session, case):
        document = case["document"]
        ask = lambda cursor: session.one(f"SELECT bolt.cursor_page(%s::json, 2, {case['side']} => %s)::text", document, cursor)
        cursor = json.loads(session.one("SELECT bolt.cursor_page(%s::json, 2)::text", document))["next"]
        if cursor is None:
            return
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))[4:])
        for change in case["changes"]:
            at = min(change["at"], len(values))
            if change["do"] == "add":
                values.insert(at, change["value"])
            elif at < len(values):
                values[at : at + 1] = [] if change["do"] == "drop" else [change["value"]]
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        checksum = session.one("SELECT hashtext(%s)", text) & 0xFFFFFFFF
        ask(base64.urlsafe_b64encode(checksum.to_bytes(4, sys.byteorder) + text.encode()).decode().rstrip("="))
