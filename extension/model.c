/*-------------------------------------------------------------------------
 *
 * model.c
 *	  The cache of models, and what makes it forget.
 *
 * A model is read when it is asked for the first time, and kept in a memory
 * context of its own.  It depends on its table and on every table around it;
 * a relcache invalidation of any of these only notes the fact.  The next
 * bolt_model_refresh reads what is noted again, compares, and replaces a model
 * only where it has become another one: ANALYZE and autovacuum send the same
 * invalidations as DDL does.
 *
 * Invalidations may arrive at any catalog look-up, so also while a model is
 * being read.  They are counted, and the model carries the count from before
 * it was read: what came in between is later, and makes the model be read once
 * more at the next refresh.
 *
 * A replaced model is freed at the first refresh that finds no pin: whoever
 * holds a pin still reads it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "foreign_keys.h"
#include "miscadmin.h"
#include "model_load.h"
#include "registrations.h"
#include "resolved_names.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "watched_types.h"

typedef struct CachedModel
{
	Oid oid; /* hash key */
	LoadedModel *loaded;
	uint64 read_at;		 /* changes, before it was read */
	bool disturbed;		 /* something arrived while it was read */
	uint64 foreign_keys; /* numbers of what it was read with */
	uint64 registrations;
	int ntables;
	Oid *tables; /* all that it depends on */
} CachedModel;

/* A table that some cached model depends on. */
typedef struct WatchedTable
{
	Oid oid; /* hash key */
	uint64 changed_at;
} WatchedTable;

static HTAB *models = NULL;
static HTAB *watched_tables = NULL;

static uint64 generation = 1;

/* Counted up by each invalidation that concerns us. */
static uint64 changes = 1;
static uint64 changes_handled = 0;
static uint64 everything_changed_at = 0;
static uint64 schema_changes = 1;
static uint64 schema_changes_handled = 0;

/* Counted up by each invalidation of any table. */
static uint64 arrivals = 0;

/* What bolt_model_refresh saw last. */
static uint64 foreign_keys_seen = 0;
static uint64 registrations_seen = 0;
static uint64 watched_types_seen = 0;

/* Contexts of replaced models; in TopMemoryContext */
static List *retired = NIL;

/* The nesting level of the transaction at each pin */
static int *pins = NULL;
static int npins = 0;
static int pins_capacity = 0;

static void initialize(void);
static CachedModel *cache_model(Oid oid);
static bool is_stale(const CachedModel *cached, uint64 foreign_keys, uint64 registrations);
static void reload(CachedModel *cached);
static void watch_all(void);

/*
 * Relcache callback: notes, and looks at nothing.
 */
static void
table_changed(Datum argument, Oid relid)
{
	arrivals++;
	bolt_registrations_changed(relid);
	bolt_resolved_names_table_changed(relid);
	if (!OidIsValid(relid))
		everything_changed_at = ++changes;
	else
	{
		WatchedTable *watched = hash_search(watched_tables, &relid, HASH_FIND, NULL);

		if (watched != NULL)
			watched->changed_at = ++changes;
	}
}

static void
constraint_changed(Datum argument, int cacheid, uint32 hashvalue)
{
	arrivals++;
	bolt_foreign_keys_changed();
}

static void
relation_name_changed(Datum argument, int cacheid, uint32 hashvalue)
{
	bolt_registrations_name_changed(hashvalue);
	bolt_resolved_names_relation_changed(hashvalue);
}

static void
schema_changed(Datum argument, int cacheid, uint32 hashvalue)
{
	schema_changes++;
	bolt_registrations_schema_changed();
	bolt_resolved_names_schema_changed();
}

/*
 * Who may act as whom decides what names mean.  The models are read again as
 * after a change of schemas.
 */
static void
role_changed(Datum argument, int cacheid, uint32 hashvalue)
{
	schema_changes++;
	bolt_registrations_schema_changed();
	bolt_resolved_names_schema_changed();
}

/* Callback of shared catalogs: tells of other databases, too. */
static void
database_changed(Datum argument, int cacheid, uint32 hashvalue)
{
	if (hashvalue == 0 || hashvalue == DatumGetUInt32(argument))
		role_changed(argument, cacheid, hashvalue);
}

static void
transaction_ended(XactEvent event, void *argument)
{
	if (event != XACT_EVENT_PRE_COMMIT && event != XACT_EVENT_PARALLEL_PRE_COMMIT &&
		event != XACT_EVENT_PRE_PREPARE)
		npins = 0;
}

/*
 * Forgets the pins of an aborted subtransaction; those of a committed one are
 * its parent's.
 */
static void
subtransaction_ended(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *argument)
{
	int level = GetCurrentTransactionNestLevel();

	if (event == SUBXACT_EVENT_ABORT_SUB)
	{
		while (npins > 0 && pins[npins - 1] >= level)
			npins--;
	}
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
	{
		for (int i = npins - 1; i >= 0 && pins[i] >= level; i--)
			pins[i] = level - 1;
	}
}

/*
 * Sets up the cache and, once a backend, the callbacks: they cannot be
 * unregistered, and there are 10 slots for relcache ones.
 */
static void
initialize(void)
{
	static bool registered = false;
	HASHCTL control = {0};

	if (watched_tables == NULL)
	{
		control.keysize = sizeof(Oid);
		control.entrysize = sizeof(WatchedTable);
		watched_tables = hash_create("bolt_orm watched tables", 128, &control, HASH_ELEM | HASH_BLOBS);
	}
	if (models == NULL)
	{
		control.keysize = sizeof(Oid);
		control.entrysize = sizeof(CachedModel);
		models = hash_create("bolt_orm models", 64, &control, HASH_ELEM | HASH_BLOBS);
	}
	if (!registered)
	{
		CacheRegisterRelcacheCallback(table_changed, (Datum) 0);
		CacheRegisterSyscacheCallback(CONSTROID, constraint_changed, (Datum) 0);
		CacheRegisterSyscacheCallback(RELNAMENSP, relation_name_changed, (Datum) 0);
		CacheRegisterSyscacheCallback(NAMESPACEOID, schema_changed, (Datum) 0);
		CacheRegisterSyscacheCallback(AUTHOID, role_changed, (Datum) 0);
		CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, role_changed, (Datum) 0);
		/* the owner of the database may act as pg_database_owner */
		CacheRegisterSyscacheCallback(
			DATABASEOID, database_changed,
			UInt32GetDatum(GetSysCacheHashValue1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId))));
		bolt_watched_types_init();
		RegisterXactCallback(transaction_ended, NULL);
		RegisterSubXactCallback(subtransaction_ended, NULL);
		registered = true;
	}
}

static void
retire(LoadedModel *loaded)
{
	MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);

	retired = lappend(retired, loaded->context);
	MemoryContextSwitchTo(caller);
}

static void
free_retired(void)
{
	ListCell *lc;

	foreach(lc, retired)
		MemoryContextDelete(lfirst(lc));
	list_free(retired);
	retired = NIL;
}

uint64
bolt_model_refresh(void)
{
	uint64 changes_before;
	uint64 schema_changes_before;
	uint64 foreign_keys;
	uint64 registrations;
	uint64 watched_types;
	HASH_SEQ_STATUS status;
	CachedModel *cached;
	List *stale = NIL;
	ListCell *lc;

	initialize();
	AcceptInvalidationMessages();
	if (npins == 0 && retired != NIL)
		free_retired();

	if (changes == changes_handled && schema_changes == schema_changes_handled &&
		!bolt_foreign_keys_stale() && !bolt_registrations_stale() && !bolt_resolved_names_stale() &&
		!bolt_watched_types_stale() &&
		bolt_watched_types_refresh() + bolt_roles_refresh() == watched_types_seen)
		return generation;

	changes_before = changes;
	schema_changes_before = schema_changes;
	foreign_keys = foreign_keys_seen = bolt_foreign_keys_refresh();
	registrations = bolt_registrations_refresh();
	if (registrations != registrations_seen)
	{
		/* a name may have come to mean another table */
		generation++;
		registrations_seen = registrations;
	}

	hash_seq_init(&status, models);
	while ((cached = hash_seq_search(&status)) != NULL)
	{
		if (schema_changes != schema_changes_handled || is_stale(cached, foreign_keys, registrations))
			stale = lappend(stale, cached);
	}
	foreach(lc, stale)
		reload(lfirst(lc));
	if (stale != NIL)
		watch_all();
	list_free(stale);

	if (!bolt_resolved_names_hold())
		generation++;
	watched_types = bolt_watched_types_refresh() + bolt_roles_refresh(); /* neither ever becomes smaller */
	if (watched_types != watched_types_seen)
		generation++;
	watched_types_seen = watched_types;

	/*
	 * Not before all has been done: an error above leaves everything to the
	 * next call.
	 */
	changes_handled = changes_before;
	schema_changes_handled = schema_changes_before;
	return generation;
}

static bool
is_stale(const CachedModel *cached, uint64 foreign_keys, uint64 registrations)
{
	if (cached->disturbed || cached->read_at < everything_changed_at ||
		cached->foreign_keys != foreign_keys || cached->registrations != registrations)
		return true;
	for (int i = 0; i < cached->ntables; i++)
	{
		WatchedTable *watched = hash_search(watched_tables, &cached->tables[i], HASH_FIND, NULL);

		if (watched == NULL || watched->changed_at > cached->read_at)
			return true;
	}
	return false;
}

static void
watch(const CachedModel *cached)
{
	for (int i = 0; i < cached->ntables; i++)
	{
		bool found;
		WatchedTable *watched = hash_search(watched_tables, &cached->tables[i], HASH_ENTER, &found);

		if (!found)
			watched->changed_at = 0;
	}
}

/*
 * Drops the watch on tables that no model depends on any more, once they
 * outnumber the others.
 */
static void
watch_all(void)
{
	HASH_SEQ_STATUS status;
	CachedModel *cached;
	WatchedTable *watched;
	long wanted = 0;

	hash_seq_init(&status, models);
	while ((cached = hash_seq_search(&status)) != NULL)
		wanted += cached->ntables;
	if (hash_get_num_entries(watched_tables) <= wanted + 1024)
		return;

	/* changes that are not handled yet would be lost with the entries */
	everything_changed_at = ++changes;
	hash_seq_init(&status, watched_tables);
	while ((watched = hash_seq_search(&status)) != NULL)
		hash_search(watched_tables, &watched->oid, HASH_REMOVE, NULL);
	hash_seq_init(&status, models);
	while ((cached = hash_seq_search(&status)) != NULL)
		watch(cached);
}

/*
 * Fills in what a cached model was read with.  Nothing in here looks into the
 * catalogs, so nothing arrives in the middle.
 */
static void
note_dependencies(CachedModel *cached, const LoadedModel *loaded, uint64 changes_before,
				  uint64 arrivals_before, uint64 foreign_keys, uint64 registrations)
{
	int ntables = 1 + list_length(loaded->neighbours);
	Oid *tables = MemoryContextAlloc(TopMemoryContext, ntables * sizeof(Oid));
	ListCell *lc;

	tables[0] = loaded->model.oid;
	foreach(lc, loaded->neighbours)
		tables[1 + foreach_current_index(lc)] = lfirst_oid(lc);
	if (cached->tables != NULL)
		pfree(cached->tables);
	cached->tables = tables;
	cached->ntables = ntables;
	cached->read_at = changes_before;
	cached->foreign_keys = foreign_keys;
	cached->registrations = registrations;
	cached->disturbed = arrivals != arrivals_before;
	if (cached->disturbed)
		changes++; /* so that the next refresh looks */
	watch(cached);
}

/*
 * Brings up to date what models are read from.  Where that has become other
 * than what bolt_model_refresh saw, models read before are out of date.
 */
static void
refresh_sources(uint64 *foreign_keys, uint64 *registrations)
{
	*foreign_keys = bolt_foreign_keys_refresh();
	*registrations = bolt_registrations_refresh();
	if (*foreign_keys != foreign_keys_seen || *registrations != registrations_seen)
		changes++;
}

/*
 * Reads a model for the first time.
 */
static CachedModel *
cache_model(Oid oid)
{
	uint64 changes_before;
	uint64 arrivals_before;
	uint64 foreign_keys;
	uint64 registrations;
	LoadedModel *loaded;
	CachedModel *cached;

	initialize();
	refresh_sources(&foreign_keys, &registrations);
	changes_before = changes;
	arrivals_before = arrivals;
	loaded = bolt_model_load(oid);
	if (loaded == NULL)
		return NULL;

	cached = hash_search(models, &oid, HASH_ENTER, NULL);
	cached->loaded = loaded;
	cached->read_at = 0;
	cached->disturbed = true;
	cached->tables = NULL;
	cached->ntables = 0;
	MemoryContextSetParent(loaded->context, TopMemoryContext);
	note_dependencies(cached, loaded, changes_before, arrivals_before, foreign_keys, registrations);
	return cached;
}

/*
 * Reads a stale model again, and replaces it where it is another one now or
 * gone.  The generation is counted up before anything can fail, for the next
 * attempt would find no difference.
 */
static void
reload(CachedModel *cached)
{
	uint64 changes_before;
	uint64 arrivals_before;
	uint64 foreign_keys;
	uint64 registrations;
	LoadedModel *loaded;

	refresh_sources(&foreign_keys, &registrations);
	changes_before = changes;
	arrivals_before = arrivals;
	loaded = bolt_model_load(cached->oid);
	if (loaded == NULL)
	{
		generation++;
		retire(cached->loaded);
		if (cached->tables != NULL)
			pfree(cached->tables);
		hash_search(models, &cached->oid, HASH_REMOVE, NULL);
		return;
	}
	if (loaded->fingerprint != cached->loaded->fingerprint)
	{
		generation++;
		retire(cached->loaded);
		MemoryContextSetParent(loaded->context, TopMemoryContext);
		cached->loaded = loaded;
	}
	note_dependencies(cached, loaded, changes_before, arrivals_before, foreign_keys, registrations);
	if (loaded != cached->loaded)
		MemoryContextDelete(loaded->context);
}

void
bolt_model_pin(void)
{
	initialize();
	if (npins == pins_capacity)
	{
		int capacity = pins_capacity == 0 ? 16 : pins_capacity * 2;

		pins = pins == NULL ? MemoryContextAlloc(TopMemoryContext, capacity * sizeof(int)) :
							  repalloc(pins, capacity * sizeof(int));
		pins_capacity = capacity;
	}
	pins[npins++] = GetCurrentTransactionNestLevel();
}

void
bolt_model_unpin(void)
{
	if (npins > 0)
		npins--;
}

const Model *
bolt_model_by_oid(Oid oid)
{
	CachedModel *cached;

	initialize();
	cached = hash_search(models, &oid, HASH_FIND, NULL);
	if (cached == NULL)
		cached = cache_model(oid);
	if (cached == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("model with OID %u does not exist", oid)));
	return &cached->loaded->model;
}

const Field *
bolt_model_field(const Model *model, const char *name)
{
	const int *by_name = ((const LoadedModel *) model)->fields_by_name;
	int low = 0;
	int high = model->nfields;

	while (low < high)
	{
		int middle = low + (high - low) / 2;
		int order = strcmp(model->fields[by_name[middle]].name, name);

		if (order == 0)
			return &model->fields[by_name[middle]];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const Field *
bolt_model_field_by_attnum(const Model *model, AttrNumber attnum)
{
	int low = 0;
	int high = Min(model->nfields, attnum);

	/* a field never stands behind its number */
	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (model->fields[middle].attnum == attnum)
			return &model->fields[middle];
		if (model->fields[middle].attnum < attnum)
			low = middle + 1;
		else
			high = middle;
	}

	/* another session has dropped it between our reading of two models */
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column %d of model \"%s\" does not exist any more", attnum, model->name)));
}

char *
bolt_model_sql_name(const Model *model)
{
	return quote_qualified_identifier(model->schema, model->table);
}
