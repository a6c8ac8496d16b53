/*
 * condition_sql.c
 *		Conditions for SQL: matches(), condition_problem(), and the check of
 *		a condition that is to be stored.
 */
#include "condition/condition_tree.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(smk_matches);
PG_FUNCTION_INFO_V1(smk_condition_values_sql);
PG_FUNCTION_INFO_V1(smk_condition_problem);
PG_FUNCTION_INFO_V1(smk_check_condition);

/* Conditions kept per call site; a join with a table of rules has several. */
#define KEPT_CONDITIONS		32

typedef struct KeptCondition
{
	MemoryContext context;		/* holds all that follows; NULL: unused */
	struct varlena *path;		/* the jsonpath's bytes, for comparison */
	SmkCondition *condition;	/* NULL: PostgreSQL evaluates it */
	int			last_column;
} KeptCondition;

/* What one call site of matches() remembers, in fn_extra. */
typedef struct Matcher
{
	MemoryContext context;		/* of the row type; reset with it */
	Oid			typid;
	int32		typmod;
	TypeCacheEntry *entry;		/* of a named row type, else NULL */
	uint64		identifier;		/* ... as it was when desc was copied */
	TupleDesc	desc;
	TupleTableSlot *slot;
	bool		fixed;			/* the condition cannot vary */
	int			count;
	int			victim;			/* the next to be replaced */
	KeptCondition *latest;
	KeptCondition kept[KEPT_CONDITIONS];
} Matcher;

/* ---------- PostgreSQL's own evaluation ---------- */

typedef struct Pinned
{
	const char *name;
	const char *value;
} Pinned;

/* The settings that to_jsonb() reads, as a condition's meaning has them. */
static const Pinned pinned[] = {
	{"timezone", "UTC"},
	{"extra_float_digits", "1"},
	{"datestyle", "ISO, MDY"},
	{"intervalstyle", "postgres"},
	{"bytea_output", "hex"},
	{"lc_monetary", "C"}
};

static int
pin_settings(void)
{
	int			nest = NewGUCNestLevel();

	for (int i = 0; i < (int) lengthof(pinned); i++)
	{
		const char *current = GetConfigOption(pinned[i].name, false, false);

		if (strcmp(current, pinned[i].value) != 0)
			(void) set_config_option(pinned[i].name, pinned[i].value,
									 PGC_USERSET, PGC_S_SESSION,
									 GUC_ACTION_SAVE, true, 0, false);
	}
	return nest;
}

static Datum
row_to_jsonb(Datum row, Oid typid, int32 typmod)
{
	FmgrInfo	function;
	Const	   *argument;

	/* to_jsonb() learns its argument's type from the call's expression */
	argument = makeConst(typid, typmod, InvalidOid, -1, row, false, false);
	fmgr_info(F_TO_JSONB, &function);
	fmgr_info_set_expr((Node *) makeFuncExpr(F_TO_JSONB, JSONBOID,
											 list_make1(argument), InvalidOid,
											 InvalidOid, COERCE_EXPLICIT_CALL),
					   &function);
	return FunctionCall1(&function, row);
}

/*
 * jsonb_path_match(to_jsonb(row), condition, '{}', true) IS TRUE.  An error
 * on the way leaves the settings to the (sub)transaction's abort.
 */
static bool
matches_slowly(HeapTupleHeader row, Datum condition)
{
	LOCAL_FCINFO(call, 4);
	JsonbValue	empty;
	Datum		result;
	int			nest = pin_settings();

	empty.type = jbvObject;
	empty.val.object.nPairs = 0;
	empty.val.object.pairs = NULL;
	InitFunctionCallInfoData(*call, NULL, 4, InvalidOid, NULL, NULL);
	call->args[0].value = row_to_jsonb(PointerGetDatum(row),
									   HeapTupleHeaderGetTypeId(row),
									   HeapTupleHeaderGetTypMod(row));
	call->args[0].isnull = false;
	call->args[1].value = condition;
	call->args[1].isnull = false;
	call->args[2].value = JsonbPGetDatum(JsonbValueToJsonb(&empty));
	call->args[2].isnull = false;
	call->args[3].value = BoolGetDatum(true);
	call->args[3].isnull = false;
	result = jsonb_path_match(call);
	AtEOXact_GUC(true, nest);
	return !call->isnull && DatumGetBool(result);
}

/* ---------- what a call site remembers ---------- */

/*
 * Is the argument a constant?  get_fn_expr_arg_stable() will not do: it takes
 * a parameter for one, and PL/pgSQL's variables are parameters that change
 * from one evaluation to the next while fn_extra stays.
 */
bool
smk_argument_is_constant(const FmgrInfo *flinfo, int argument)
{
	const FuncExpr *call = (const FuncExpr *) flinfo->fn_expr;

	return call && IsA(call, FuncExpr) &&
		argument < list_length(call->args) &&
		IsA(list_nth(call->args, argument), Const);
}

static Matcher *
make_matcher(FunctionCallInfo fcinfo)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;
	Matcher    *matcher;
	Oid			typid = get_fn_expr_argtype(flinfo, 0);

	if (OidIsValid(typid) && !type_is_rowtype(getBaseType(typid)))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("first argument of matches must be a row, not of type %s",
						format_type_be(typid)),
				 errhint("Pass the table's alias, or ROW(...) of a named type.")));
	matcher = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(Matcher));
	matcher->context = AllocSetContextCreate(flinfo->fn_mcxt,
											 "smarketing conditions",
											 ALLOCSET_SMALL_SIZES);
	matcher->fixed = smk_argument_is_constant(flinfo, 1);
	flinfo->fn_extra = matcher;
	return matcher;
}

/*
 * Forget everything and take up another row type.  The row type is entered
 * last, so that an error half-way leaves nothing that looks valid.
 */
static void
take_up_type(Matcher *matcher, Oid typid, int32 typmod)
{
	MemoryContext old;
	TupleDesc	desc;

	matcher->desc = NULL;
	matcher->latest = NULL;
	matcher->count = 0;
	matcher->victim = 0;
	memset(matcher->kept, 0, sizeof(matcher->kept));
	MemoryContextReset(matcher->context);
	desc = lookup_rowtype_tupdesc(typid, typmod);
	old = MemoryContextSwitchTo(matcher->context);
	matcher->entry = NULL;
	if (typid != RECORDOID)
	{
		matcher->entry = lookup_type_cache(typid, TYPECACHE_TUPDESC);
		matcher->identifier = matcher->entry->tupDesc_identifier;
	}
	matcher->slot = MakeSingleTupleTableSlot(CreateTupleDescCopyConstr(desc),
											 &TTSOpsHeapTuple);
	MemoryContextSwitchTo(old);
	ReleaseTupleDesc(desc);
	matcher->typid = typid;
	matcher->typmod = typmod;
	matcher->desc = matcher->slot->tts_tupleDescriptor;
}

static inline bool
knows_type(const Matcher *matcher, HeapTupleHeader row)
{
	return matcher->desc &&
		matcher->typid == HeapTupleHeaderGetTypeId(row) &&
		matcher->typmod == HeapTupleHeaderGetTypMod(row) &&
		(!matcher->entry ||
		 matcher->identifier == matcher->entry->tupDesc_identifier);
}

static inline bool
same_path(const struct varlena *a, const struct varlena *b)
{
	Size		length = VARSIZE_ANY_EXHDR(a);

	return length == VARSIZE_ANY_EXHDR(b) &&
		memcmp(VARDATA_ANY(a), VARDATA_ANY(b), length) == 0;
}

static KeptCondition *
find_kept(Matcher *matcher, const struct varlena *path)
{
	if (matcher->latest && same_path(matcher->latest->path, path))
		return matcher->latest;
	for (int i = 0; i < matcher->count; i++)
	{
		if (same_path(matcher->kept[i].path, path))
			return matcher->latest = &matcher->kept[i];
	}
	return NULL;
}

static void
compile_kept(KeptCondition *kept, TupleDesc desc, struct varlena *path)
{
	SmkConditionProblem problem;
	JsonPath   *copy;

	copy = (JsonPath *) PG_DETOAST_DATUM_COPY(PointerGetDatum(path));
	kept->condition = smk_condition_lower(copy, desc, SMK_CONDITION_AD_HOC,
										  &problem);
	kept->last_column = 0;
	if (kept->condition)
		kept->last_column = Max(0, bms_prev_member(kept->condition->attnos, -1));
	kept->path = (struct varlena *) copy;
}

/* Compile into a slot of the cache; the new entry counts once it is whole. */
static KeptCondition *
keep_condition(Matcher *matcher, struct varlena *path)
{
	KeptCondition fresh = {0};
	KeptCondition *kept;
	MemoryContext old;

	fresh.context = AllocSetContextCreate(matcher->context,
										  "smarketing condition",
										  ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(fresh.context);
	compile_kept(&fresh, matcher->desc, path);
	MemoryContextSwitchTo(old);
	if (matcher->count < KEPT_CONDITIONS)
		kept = &matcher->kept[matcher->count++];
	else
	{
		kept = &matcher->kept[matcher->victim];
		matcher->victim = (matcher->victim + 1) % KEPT_CONDITIONS;
		MemoryContextDelete(kept->context);
	}
	*kept = fresh;
	matcher->latest = kept;
	return kept;
}

static KeptCondition *
current_condition(Matcher *matcher, FunctionCallInfo fcinfo)
{
	struct varlena *path;
	KeptCondition *kept = matcher->latest;

	if (matcher->fixed && kept)
		return kept;
	path = PG_GETARG_VARLENA_PP(1);
	kept = find_kept(matcher, path);
	return kept ? kept : keep_condition(matcher, path);
}

/*
 * Unpack the row's columns up to the last one that the condition reads.  The
 * tuple is the caller's, and must live as long as the slot is looked into.
 */
static void
unpack_row(Matcher *matcher, const KeptCondition *kept, HeapTupleHeader row,
		   HeapTuple tuple)
{
	tuple->t_len = HeapTupleHeaderGetDatumLength(row);
	ItemPointerSetInvalid(&tuple->t_self);
	tuple->t_tableOid = InvalidOid;
	tuple->t_data = row;
	ExecStoreHeapTuple(tuple, matcher->slot, false);
	slot_getsomeattrs(matcher->slot, kept->last_column);
}

/* The call site's memory, ready for this row's type and this condition. */
static Matcher *
prepare_call(FunctionCallInfo fcinfo, HeapTupleHeader *row,
			 KeptCondition **kept)
{
	Matcher    *matcher = fcinfo->flinfo->fn_extra;

	if (!matcher)
		matcher = make_matcher(fcinfo);
	*row = PG_GETARG_HEAPTUPLEHEADER(0);
	if (!knows_type(matcher, *row))
		take_up_type(matcher, HeapTupleHeaderGetTypeId(*row),
					 HeapTupleHeaderGetTypMod(*row));
	*kept = current_condition(matcher, fcinfo);
	return matcher;
}

/*
 * matches(row anyelement, condition jsonpath) returns boolean
 */
Datum
smk_matches(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row;
	HeapTupleData tuple;
	KeptCondition *kept;
	Matcher    *matcher = prepare_call(fcinfo, &row, &kept);
	bool		result;

	if (!kept->condition)
		PG_RETURN_BOOL(matches_slowly(row, PointerGetDatum(kept->path)));
	unpack_row(matcher, kept, row, &tuple);
	result = smk_condition_holds(kept->condition, matcher->slot->tts_values,
								 matcher->slot->tts_isnull);
	ExecClearTuple(matcher->slot);
	PG_RETURN_BOOL(result);
}

/*
 * condition_values(row anyelement, condition jsonpath) returns text
 */
Datum
smk_condition_values_sql(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row;
	HeapTupleData tuple;
	KeptCondition *kept;
	Matcher    *matcher = prepare_call(fcinfo, &row, &kept);
	char	   *result;

	if (!kept->condition)
		PG_RETURN_NULL();
	unpack_row(matcher, kept, row, &tuple);
	result = smk_condition_values(kept->condition, matcher->slot->tts_values,
								  matcher->slot->tts_isnull);
	ExecClearTuple(matcher->slot);
	PG_RETURN_TEXT_P(cstring_to_text(result));
}

/* ---------- conditions to be stored ---------- */

static Relation
open_relation(Oid relid)
{
	Relation	relation = try_relation_open(relid, AccessShareLock);

	if (!relation)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid)));
	return relation;
}

/*
 * condition_problem(relation regclass, condition jsonpath) returns text
 */
Datum
smk_condition_problem(PG_FUNCTION_ARGS)
{
	JsonPath   *path = PG_GETARG_JSONPATH_P(1);
	Relation	relation = open_relation(PG_GETARG_OID(0));
	SmkConditionProblem problem;
	SmkCondition *condition;

	condition = smk_condition_compile(path, RelationGetDescr(relation),
									  &problem);
	relation_close(relation, AccessShareLock);
	if (condition)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(problem.message));
}

/*
 * check_condition(relation regclass, condition jsonpath) returns void
 */
Datum
smk_check_condition(PG_FUNCTION_ARGS)
{
	JsonPath   *path = PG_GETARG_JSONPATH_P(1);
	Relation	relation = open_relation(PG_GETARG_OID(0));

	smk_condition_check(path, RelationGetDescr(relation), NULL);
	relation_close(relation, AccessShareLock);
	PG_RETURN_VOID();
}

void
smk_condition_check(JsonPath *path, TupleDesc desc, const char *what)
{
	SmkConditionProblem problem;

	if (smk_condition_compile(path, desc, &problem))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_SMK_CONFIGURATION),
			 errmsg_internal("%s", problem.message),
			 problem.detail ? errdetail_internal("%s", problem.detail) : 0,
			 problem.hint ? errhint("%s", problem.hint) : 0,
			 what ? errcontext("%s", what) : 0,
			 problem.column ?
			 err_generic_string(PG_DIAG_COLUMN_NAME, problem.column) : 0));
}
