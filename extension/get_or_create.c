/*-------------------------------------------------------------------------
 *
 * get_or_create.c
 *	  get_or_create and update_or_create, safe against a concurrent twin.
 *
 * The row is inserted ON CONFLICT DO NOTHING: who comes second waits for the first
 * and then finds its row, under a snapshot of its own.  Django needs a savepoint
 * for that.  What is left of a conflict that no lookup finds is raised as it is.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "deferred_keys.h"
#include "document.h"
#include "error.h"
#include "executor/spi.h"
#include "fetch.h"
#include "graph_cache.h"
#include "key_index.h"
#include "miscadmin.h"
#include "operations.h"
#include "settings.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

/* get() looks at so many rows to say how many it found, as Django does. */
#define MAX_GET_RESULTS 21

/* So often a row that was in the way may be gone when it is looked for. */
#define MAX_ATTEMPTS 4

/* What both functions are given. */
typedef struct OrCreate
{
	const text *queryset;
	const text *lookup;
	const Model *model;
	const char *name;
	Objects *objects; /* of one row */
	bool plain;		  /* the queryset shows its objects as their table's columns */
} OrCreate;

/* ----------
 * Finding
 * ----------
 */
static Document *
lookup_document(const OrCreate *call)
{
	Document *document = bolt_document_parse(VARDATA_ANY(call->queryset), VARSIZE_ANY_EXHDR(call->queryset));
	QuerySet *queryset = document->queryset;

	if (queryset->limit != NULL || queryset->offset != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Cannot filter a query once a slice has been taken"),
				 bolt_errdetail_at(queryset->limit ? queryset->limit : queryset->offset)));
	if (queryset->combined != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Calling QuerySet.get_or_create() after %s() is not supported",
						((CombineCall *) linitial(queryset->combined))->method)));
	bolt_document_add_filter(document, "lookup", VARDATA_ANY(call->lookup), VARSIZE_ANY_EXHDR(call->lookup));
	if (queryset->distinct_on == NIL)
	{
		queryset->ordered = true;
		queryset->order_by = NIL;
	}
	queryset->row_limit = MAX_GET_RESULTS;
	bolt_document_add_shape(document, "or_create");
	return document;
}

/* Appends the object that the lookup finds.  Error P0003 where it is not the only one. */
static bool
run_lookup(const OrCreate *call, Document *document, FetchPurpose purpose, JsonBuffer *out)
{
	MemoryContext context = CurrentMemoryContext;
	FetchRun *run;
	int found;

	bolt_push_latest_snapshot();
	run = bolt_run_begin(bolt_graph_for(document, purpose), document);
	run->locks = purpose == FETCH_LOCKED;
	SPI_connect();
	MemoryContextSwitchTo(context);
	found = bolt_run_chunk(run);
	if (found == 1)
		bolt_stitch_row(run, 0, out);
	bolt_run_end(run);
	SPI_finish();
	MemoryContextSwitchTo(context);
	MemoryContextDelete(run->context);
	PopActiveSnapshot();
	if (found > 1)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_ROWS),
				 found < MAX_GET_RESULTS ?
					 errmsg("get() returned more than one %s -- it returned %d!", call->name, found) :
					 errmsg("get() returned more than one %s -- it returned more than %d!", call->name,
							MAX_GET_RESULTS - 1)));
	return found == 1;
}

static bool
find_object(OrCreate *call)
{
	WriteRow *row = call->objects->rows[0];
	JsonBuffer *text = &call->objects->out.text;
	Document *document = lookup_document(call);

	document->queryset->locking = NULL;
	bolt_document_add_shape(document, "get");
	row->start = text->length;
	row->written = run_lookup(call, document, FETCH_OBJECTS, text);
	row->length = text->length - row->start;
	return row->written;
}

/* Locks the object; row says its primary key then, and nothing else. */
static bool
lock_object(OrCreate *call, WriteRow *row)
{
	const Model *model = call->model;
	Document *document = lookup_document(call);
	QuerySet *queryset = document->queryset;
	JsonBuffer key;
	JsonValue *columns;
	JsonValue *column;

	queryset->values_kind = VALUES_LISTS;
	queryset->values = NIL;
	for (int i = 0; i < model->nprimary_key; i++)
	{
		PathTerm *term = palloc0(sizeof(PathTerm));

		term->path = bolt_model_field_by_attnum(model, model->primary_key[i])->name;
		queryset->values = lappend(queryset->values, term);
	}
	/* distinct rows cannot be locked: each once, without it */
	if (queryset->distinct_on == NIL)
	{
		queryset->rows_by_exists = queryset->rows_by_exists || queryset->distinct;
		queryset->distinct = false;
	}
	queryset->select_related = queryset->prefetch_related = queryset->only = queryset->defer = NIL;
	queryset->select_related_all = false;
	if (queryset->locking == NULL)
		queryset->locking = palloc0(sizeof(Locking));

	/* not every view's rows can be locked */
	if (model->relkind == RELKIND_VIEW)
		queryset->locking = NULL;
	bolt_document_add_shape(document, "lock");
	bolt_json_buffer_init(&key, CurrentMemoryContext, 0);
	if (!run_lookup(call, document, queryset->locking != NULL ? FETCH_LOCKED : FETCH_OBJECTS, &key))
		return false;

	columns = bolt_json_parse(key.data, key.length, bolt_max_depth);
	column = columns->first;
	memset(row, 0, sizeof(WriteRow));
	row->source = columns;
	row->capacity = 4;
	row->assigned = palloc(sizeof(Assignment) * row->capacity);
	row->columns = palloc0(sizeof(JsonValue *) * model->nfields);
	for (int i = 0; i < model->nprimary_key; i++)
	{
		const Field *field = bolt_model_field_by_attnum(model, model->primary_key[i]);

		bolt_assign_column(model, row, field, "pk", column);
		row->columns[bolt_field_place(model, field->attnum)] = column;
		column = column->next;
	}
	return true;
}

/* ----------
 * Creating
 * ----------
 */

/* A condition that says no value of the object: "age__gt", "OR". */
static bool
is_condition_only(const Model *model, const char *name)
{
	static const char *const connectors[] = {"AND", "OR", "XOR", "NOT", "Exists"};

	for (int i = 0; i < lengthof(connectors); i++)
	{
		if (strcmp(name, connectors[i]) == 0)
			return true;
	}
	return strstr(name, "__") != NULL && bolt_model_field(model, name) == NULL;
}

static JsonValue *
copy_member(const JsonValue *member, JsonValue *parent)
{
	JsonValue *copy = palloc(sizeof(JsonValue));

	*copy = *member;
	copy->next = NULL;
	if (parent->last == NULL)
		parent->first = copy;
	else
		parent->last->next = copy;
	parent->last = copy;
	parent->count++;
	return copy;
}

/* The lookup's own values, and over them the defaults. */
static JsonValue *
values_to_create(const OrCreate *call, const text *defaults, const char *argument)
{
	JsonValue *values = palloc0(sizeof(JsonValue));
	JsonValue *lookup = bolt_parse_argument(call->lookup, "lookup");
	JsonValue *given = defaults != NULL ? bolt_parse_argument(defaults, argument) : NULL;

	values->kind = JSON_OBJECT;
	values->raw = "{}";
	values->raw_length = 2;
	bolt_expect_object(lookup, "\"lookup\"");
	if (given != NULL)
		bolt_expect_values(given, psprintf("\"%s\"", argument));
	json_foreach(member, lookup)
	{
		if (!is_condition_only(call->model, member->name) &&
			(given == NULL || bolt_json_member(given, member->name) == NULL))
			copy_member(member, values);
	}
	if (given != NULL)
	{
		json_foreach(member, given)
			copy_member(member, values);
	}
	return values;
}

/* ON CONFLICT knows neither rules, nor a view's triggers, nor constraints that are checked later. */
static bool
takes_on_conflict(const Model *model)
{
	Relation relation;
	bool has_rules;

	if (model->relkind == RELKIND_VIEW)
		return false;
	relation = try_table_open(model->oid, AccessShareLock);
	if (relation == NULL) /* dropped: the insert will say so */
		return false;
	has_rules = relation->rd_rules != NULL;
	table_close(relation, NoLock);
	return !has_rules && !bolt_has_deferrable_keys(model);
}

/* Two that have inserted the same key and check it then can wait for each other; one of them has to give way. */
static bool
is_conflict(int sqlstate)
{
	return sqlstate == ERRCODE_UNIQUE_VIOLATION || sqlstate == ERRCODE_EXCLUSION_VIOLATION ||
		sqlstate == ERRCODE_T_R_DEADLOCK_DETECTED;
}

/*
 * Inserts the row in a subtransaction, as Django does: what it refers to has been
 * inserted before, and goes again where another row is in the way.
 */
static bool
insert_in_subtransaction(OrCreate *call, const Conflict *conflict, bool last)
{
	Objects *objects = call->objects;
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		List *locks = bolt_lock_deferred_keys(call->model, objects->rows[0]);

		bolt_write_nested(call->model, objects->rows, 1, false, conflict, &objects->out);
		if (objects->rows[0]->written && !last)
			bolt_check_deferred_keys(call->model, objects->rows[0]);
		bolt_unlock_deferred_keys(locks);
		if (objects->rows[0]->written)
			ReleaseCurrentSubTransaction();
		else
			RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		if (last || !is_conflict(error->sqlerrcode))
			ReThrowError(error);
		FreeErrorData(error);
		objects->rows[0]->written = false;
	}
	PG_END_TRY();
	return objects->rows[0]->written;
}

/* Is the object that is shown what the statement that writes it gives back: all its columns, and no more? */
static bool
shows_columns(const OrCreate *call)
{
	return call->plain && call->objects->rows[0]->nested == NIL;
}

/* Shows the object as the queryset does, where that is other than its columns. */
static void
show_object(OrCreate *call, bool written)
{
	if (written && shows_columns(call))
		return;
	bolt_refetch(bolt_unfiltered(call->queryset), call->model, call->objects, true);
}

static bool
create_object(OrCreate *call, const text *defaults, const char *argument, bool last)
{
	Objects *objects = call->objects;
	Conflict conflict = {.action = CONFLICT_IGNORE};
	bool by_error = !takes_on_conflict(call->model);

	if (last || by_error)
		conflict.action = CONFLICT_ERROR;
	bolt_assign(call->model, values_to_create(call, defaults, argument), WRITE_INSERT, objects->rows[0]);
	bolt_want_primary_key(call->model, &objects->out);
	if (by_error)
		bolt_want_deferred_keys(call->model, &objects->out);
	objects->out.returns_objects = shows_columns(call);
	if (by_error || objects->rows[0]->nested != NIL)
		(void) insert_in_subtransaction(call, &conflict, last);
	else
		bolt_write_nested(call->model, objects->rows, 1, false, &conflict, &objects->out);
	if (!objects->rows[0]->written)
		return false;
	show_object(call, true);
	return true;
}

static void
begin_call(OrCreate *call, const text *queryset, const text *lookup)
{
	const Document *document = bolt_document_parse(VARDATA_ANY(queryset), VARSIZE_ANY_EXHDR(queryset));

	call->queryset = queryset;
	call->lookup = lookup;
	call->name = document->queryset->model->text;
	call->model = bolt_written_model(call->name, document->queryset->model);
	call->objects = bolt_make_objects(1);
	call->plain = call->model->nprimary_key == 0 || bolt_is_plain(document->queryset);
}

/* QuerySet.get_or_create */
Objects *
bolt_op_get_or_create(const text *queryset, const text *lookup, const text *defaults, bool *created)
{
	OrCreate call;

	bolt_model_pin();
	begin_call(&call, queryset, lookup);
	*created = false;
	for (int attempt = 1; !*created; attempt++)
	{
		CHECK_FOR_INTERRUPTS();
		if (find_object(&call))
			break;
		*created = create_object(&call, defaults, "defaults", attempt == MAX_ATTEMPTS);
		if (attempt == MAX_ATTEMPTS)
			break;
	}
	bolt_model_unpin();
	return call.objects;
}

/* Sets the values of an object that is locked. */
static void
update_object(OrCreate *call, WriteRow *key, const text *defaults)
{
	Objects *objects = call->objects;
	JsonValue *given = defaults != NULL ? bolt_parse_argument(defaults, "defaults") : NULL;

	if (given != NULL)
		bolt_expect_values(given, "\"defaults\"");
	if (given == NULL || given->count == 0)
	{
		*objects->rows[0] = *key;
		show_object(call, false);
		return;
	}
	bolt_assign(call->model, given, WRITE_UPDATE, objects->rows[0]);
	for (int i = 0; i < key->nassigned; i++)
	{
		const Assignment *column = &key->assigned[i];
		Assignment *given_key = bolt_assignment_of(objects->rows[0], column->field->attnum);

		if (given_key != NULL)
		{
			/* the key that it has is no change */
			if (given_key->is_expression || !bolt_same_value(column->field, given_key->value, column->value))
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("update_or_create() cannot change the primary key of %s", call->model->name),
						 bolt_errdetail_at(given_key->value)));
			continue;
		}
		bolt_assign_column(call->model, objects->rows[0], column->field, column->name, column->value);
	}
	objects->rows[0]->is_there = true;
	bolt_want_primary_key(call->model, &objects->out);
	objects->out.returns_objects = shows_columns(call);
	bolt_write_nested(call->model, objects->rows, 1, true, NULL, &objects->out);
	show_object(call, true);
}

/* QuerySet.update_or_create */
Objects *
bolt_op_update_or_create(const text *queryset, const text *lookup, const text *defaults,
						 const text *create_defaults, bool *created)
{
	OrCreate call;
	WriteRow key;

	bolt_model_pin();
	begin_call(&call, queryset, lookup);
	if (call.model->nprimary_key == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("model \"%s\" has no primary key", call.model->name),
				 errhint("Name one with bolt.register_model.")));
	*created = false;
	for (int attempt = 1; !*created; attempt++)
	{
		CHECK_FOR_INTERRUPTS();
		if (lock_object(&call, &key))
		{
			update_object(&call, &key, defaults);
			break;
		}
		if (create_defaults != NULL)
			*created = create_object(&call, create_defaults, "create_defaults", attempt == MAX_ATTEMPTS);
		else
			*created = create_object(&call, defaults, "defaults", attempt == MAX_ATTEMPTS);
		if (attempt == MAX_ATTEMPTS)
			break;
	}
	bolt_model_unpin();
	return call.objects;
}
