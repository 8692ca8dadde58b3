"""No setting of the planner, and none of the caches', changes an answer."""

from rows import difference
from session import Fault, Refused

from . import Oracle, expect

SETTINGS = [
    {"bolt_orm.chunk_size": "1"}, {"bolt_orm.chunk_size": "7"}, {"bolt_orm.chunk_size": "500"},
    {"plan_cache_mode": "force_custom_plan"}, {"plan_cache_mode": "force_generic_plan"},
    {"enable_hashjoin": "off"}, {"enable_nestloop": "off"}, {"enable_mergejoin": "off"}, {"enable_seqscan": "off"}, {"enable_sort": "off"},
    {"enable_hashagg": "off"}, {"enable_material": "off", "enable_memoize": "off"}, {"enable_partition_pruning": "off"},
    {"enable_indexscan": "off", "enable_bitmapscan": "off", "enable_indexonlyscan": "off"}, {"enable_incremental_sort": "off"},
    {"enable_partitionwise_join": "on", "enable_partitionwise_aggregate": "on"}, {"work_mem": "64kB"}, {"bolt_orm.plan_cache_size": "1"},
    {"jit": "on", "jit_above_cost": "0"}, {"join_collapse_limit": "1"}, {"geqo_threshold": "2"}, {"default_transaction_isolation": "serializable"},
    {"parallel_setup_cost": "0", "parallel_tuple_cost": "0", "min_parallel_table_scan_size": "0", "debug_parallel_query": "on"},
]  # fmt: skip


def plan_again(settings):
    return any(not name.startswith("bolt_orm.chunk") for name in settings)


class SameUnderSettings(Oracle):
    kind = "settings"
    weight = 25

    def make(self, g):
        document = g.document()
        if g.unordered:
            return None
        sets = g.sample([s for s in SETTINGS if not g.windowed or "bolt_orm.chunk_size" not in s], 2)
        return {"document": document, "settings": sets}

    def check(self, session, case):
        rows = session.fetch(case["document"])
        for settings in case["settings"]:
            for name, value in settings.items():
                if name == "debug_parallel_query" and session.connection.info.server_version < 160000:
                    name = "force_parallel_mode"
                session.do(f"SET {name} = '{value}'")
            if plan_again(settings):
                session.do("DISCARD PLANS")
            try:
                again = session.fetch(case["document"])
            except Refused as refused:
                if not refused.of_data:
                    raise Fault(f"with {settings} it is refused", refused) from None
                continue
            finally:
                if not session.connection.closed:
                    session.do("RESET ALL; SET statement_timeout = '20s'; SET lock_timeout = '10s'; SET client_min_messages = warning; SET timezone = 'UTC'")
            expect(f"with {settings}", difference(rows, again))
