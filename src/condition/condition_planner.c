/*
 * condition_planner.c
 *		matches(table, constant condition) without the row.
 *
 * To hand a whole row to a function, the executor unpacks all its columns and
 * packs them into a composite value, which costs more than most conditions.
 * The planner is told to hand over the columns that the condition reads.
 */
#include "condition/condition_compat.h"
#include "condition/condition_tree.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(smk_matches_support);
PG_FUNCTION_INFO_V1(smk_matches_columns);

/* row and condition come before the columns */
#define FIRST_COLUMN	2

typedef struct ColumnMatcher
{
	SmkCondition *condition;
	int			count;
	Datum	   *values;
	bool	   *nulls;
} ColumnMatcher;

/* ---------- in the planner ---------- */

/*
 * Is it a whole row of a table that is read here, and certainly there?  A row
 * that an outer join leaves out is null, and so is matches(); its columns
 * alone would not tell.
 */
static bool
is_table_row(PlannerInfo *root, Node *node)
{
	Var		   *var = (Var *) node;
	RangeTblEntry *rte;

	if (!root || !IsA(node, Var) || var->varattno != InvalidAttrNumber ||
		var->varlevelsup != 0 || smk_row_may_be_missing(root, var))
		return false;
	rte = planner_rt_fetch((int) var->varno, root);
	return rte->rtekind == RTE_RELATION &&
		(rte->relkind == RELKIND_RELATION ||
		 rte->relkind == RELKIND_PARTITIONED_TABLE ||
		 rte->relkind == RELKIND_MATVIEW) &&
		get_rel_type_id(rte->relid) == var->vartype;
}

static Oid
columns_function(Oid matches)
{
	Oid			types[] = {ANYELEMENTOID, JSONPATHOID, ANYOID};

	return GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
						   CStringGetDatum("matches_columns"),
						   PointerGetDatum(buildoidvector(types, 3)),
						   ObjectIdGetDatum(get_func_namespace(matches)));
}

/* The columns as arguments, or false if one is computed when it is read. */
static bool
add_columns(List **arguments, const Var *row, TupleDesc desc,
			const SmkCondition *condition)
{
	for (int attno = bms_next_member(condition->attnos, -1); attno > 0;
		 attno = bms_next_member(condition->attnos, attno))
	{
		Form_pg_attribute attr = TupleDescAttr(desc, attno - 1);

		if (attr->attgenerated != '\0' &&
			attr->attgenerated != ATTRIBUTE_GENERATED_STORED)
			return false;
		*arguments = lappend(*arguments,
							 makeVar(row->varno, attno, attr->atttypid,
									 attr->atttypmod, attr->attcollation, 0));
	}
	return true;
}

static Node *
call_with_columns(FuncExpr *call, const Var *row, TupleDesc desc,
				  const SmkCondition *condition)
{
	Oid			function = columns_function(call->funcid);
	List	   *arguments;

	if (!OidIsValid(function) || condition->ncolumns == 0 ||
		condition->ncolumns > FUNC_MAX_ARGS - FIRST_COLUMN)
		return NULL;
	arguments = list_make1(makeNullConst(row->vartype, -1, InvalidOid));
	arguments = lappend(arguments, copyObject(lsecond(call->args)));
	if (!add_columns(&arguments, row, desc, condition))
		return NULL;
	return (Node *) makeFuncExpr(function, BOOLOID, arguments, InvalidOid,
								 call->inputcollid, COERCE_EXPLICIT_CALL);
}

static Node *
simplify(SupportRequestSimplify *request)
{
	FuncExpr   *call = request->fcall;
	Var		   *row;
	Const	   *path;
	TupleDesc	desc;
	MemoryContext scratch;
	MemoryContext old;
	SmkCondition *condition;
	SmkConditionProblem problem;
	Node	   *result = NULL;

	if (list_length(call->args) != 2 || !IsA(lsecond(call->args), Const) ||
		!is_table_row(request->root, linitial(call->args)))
		return NULL;
	row = linitial_node(Var, call->args);
	path = lsecond_node(Const, call->args);
	if (path->constisnull)
		return NULL;
	desc = lookup_rowtype_tupdesc(row->vartype, -1);
	scratch = AllocSetContextCreate(CurrentMemoryContext,
									"smarketing condition",
									ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(scratch);
	condition = smk_condition_lower(DatumGetJsonPathP(path->constvalue), desc,
									SMK_CONDITION_AD_HOC, &problem);
	MemoryContextSwitchTo(old);
	if (condition)
		result = call_with_columns(call, row, desc, condition);
	MemoryContextDelete(scratch);
	ReleaseTupleDesc(desc);
	return result;
}

Datum
smk_matches_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);

	if (!IsA(request, SupportRequestSimplify))
		PG_RETURN_POINTER(NULL);
	PG_RETURN_POINTER(simplify((SupportRequestSimplify *) request));
}

/* ---------- in the executor ---------- */

static int
compare_columns(const void *a, const void *b)
{
	return (*(SmkColumn *const *) a)->attno - (*(SmkColumn *const *) b)->attno;
}

/*
 * Renumber the columns as they are handed over, and see that they are what
 * the condition expects: a wrong type would be read as if it were the right.
 */
static void
bind_columns(FunctionCallInfo fcinfo, SmkCondition *condition, TupleDesc desc)
{
	int			n = condition->ncolumns;

	qsort(condition->columns, n, sizeof(SmkColumn *), compare_columns);
	for (int i = 0; i < n; i++)
	{
		SmkColumn  *column = condition->columns[i];

		if (PG_NARGS() != n + FIRST_COLUMN ||
			get_fn_expr_argtype(fcinfo->flinfo, i + FIRST_COLUMN) !=
			TupleDescAttr(desc, column->attno - 1)->atttypid)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("columns do not fit the condition"),
					 errhint("Call matches(row, condition).")));
		column->attno = i + 1;
		column->slot = i;
	}
}

static SmkCondition *
compile_constant(FunctionCallInfo fcinfo, TupleDesc desc)
{
	SmkConditionProblem problem;
	SmkCondition *condition;

	if (PG_ARGISNULL(1) || !smk_argument_is_constant(fcinfo->flinfo, 1))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("condition must be constant"),
				 errhint("Call matches(row, condition).")));
	condition = smk_condition_lower(PG_GETARG_JSONPATH_P(1), desc,
									SMK_CONDITION_AD_HOC, &problem);
	if (!condition)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg_internal("%s", problem.message)));
	return condition;
}

static ColumnMatcher *
make_column_matcher(FunctionCallInfo fcinfo)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;
	Oid			typid = get_fn_expr_argtype(flinfo, 0);
	ColumnMatcher *matcher;
	MemoryContext old;
	TupleDesc	desc;

	if (typid == RECORDOID || !OidIsValid(typid) || !type_is_rowtype(typid))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("first argument of matches_columns must be a table's row")));
	desc = lookup_rowtype_tupdesc_domain(typid, -1, false);
	old = MemoryContextSwitchTo(flinfo->fn_mcxt);
	matcher = palloc0(sizeof(ColumnMatcher));
	matcher->condition = compile_constant(fcinfo, desc);
	bind_columns(fcinfo, matcher->condition, desc);
	matcher->count = matcher->condition->ncolumns;
	matcher->values = palloc((matcher->count + 1) * sizeof(Datum));
	matcher->nulls = palloc((matcher->count + 1) * sizeof(bool));
	MemoryContextSwitchTo(old);
	ReleaseTupleDesc(desc);
	flinfo->fn_extra = matcher;
	return matcher;
}

/*
 * matches_columns(row anyelement, condition jsonpath, VARIADIC "any")
 */
Datum
smk_matches_columns(PG_FUNCTION_ARGS)
{
	ColumnMatcher *matcher = fcinfo->flinfo->fn_extra;

	if (!matcher)
		matcher = make_column_matcher(fcinfo);
	for (int i = 0; i < matcher->count; i++)
	{
		matcher->values[i] = PG_GETARG_DATUM(i + FIRST_COLUMN);
		matcher->nulls[i] = PG_ARGISNULL(i + FIRST_COLUMN);
	}
	PG_RETURN_BOOL(smk_condition_holds(matcher->condition, matcher->values,
									   matcher->nulls));
}
