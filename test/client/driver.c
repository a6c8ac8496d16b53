/*
 * driver.c
 *		What an application's driver and object mapper do to a lead: prepared
 *		statements over the extended protocol, whole rows written back, a
 *		pipeline, binary values; and the errors as they see them.
 *
 * Prints one line per finding, which test/shell/driver.sh compares.
 */
#include <libpq-fe.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static PGconn *
connect_to(const char *database)
{
	char		info[256];
	PGconn	   *conn;

	snprintf(info, sizeof(info), "dbname=%s", database);
	conn = PQconnectdb(info);
	if (PQstatus(conn) != CONNECTION_OK)
	{
		fprintf(stderr, "%s", PQerrorMessage(conn));
		exit(2);
	}
	return conn;
}

static void
must(PGconn *conn, const char *sql)
{
	PGresult   *res = PQexec(conn, sql);

	if (PQresultStatus(res) != PGRES_COMMAND_OK && PQresultStatus(res) != PGRES_TUPLES_OK)
	{
		fprintf(stderr, "%s\n%s", sql, PQerrorMessage(conn));
		exit(2);
	}
	PQclear(res);
}

static const char *
field(const PGresult *res, int code)
{
	const char *value = PQresultErrorField(res, code);

	return value ? value : "-";
}

/* name: SQLSTATE schema.table.column constraint, and the texts that people read */
static void
show_error(const char *name, const PGresult *res)
{
	printf("%s: %s %s.%s.%s %s%s%s\n", name, field(res, PG_DIAG_SQLSTATE), field(res, PG_DIAG_SCHEMA_NAME),
		   field(res, PG_DIAG_TABLE_NAME), field(res, PG_DIAG_COLUMN_NAME), field(res, PG_DIAG_CONSTRAINT_NAME),
		   PQresultErrorField(res, PG_DIAG_MESSAGE_DETAIL) ? " detail" : "",
		   PQresultErrorField(res, PG_DIAG_MESSAGE_HINT) ? " hint" : "");
}

/* One statement, prepared and executed with text parameters. */
static void
refuse(PGconn *conn, const char *name, const char *sql, const char *a, const char *b)
{
	const char *values[2];
	PGresult   *res = PQprepare(conn, name, sql, 0, NULL);
	int			nparams = b ? 2 : a ? 1 : 0;

	if (PQresultStatus(res) != PGRES_COMMAND_OK)
		printf("%s: not prepared: %s", name, PQerrorMessage(conn));
	PQclear(res);
	values[0] = a;
	values[1] = b;
	res = PQexecPrepared(conn, name, nparams, values, NULL, NULL, 0);
	if (PQresultStatus(res) == PGRES_FATAL_ERROR)
		show_error(name, res);
	else
		printf("%s: %s %s\n", name, PQresStatus(PQresultStatus(res)), PQcmdTuples(res));
	PQclear(res);
}

/* Load a row, let somebody else change it, and save all of it as it was. */
static void
save_stale_row(PGconn *conn, const char *name, PGconn *other, const char *change, const char *id)
{
	PGresult   *row = PQexecParams(conn, "SELECT * FROM crm.lead WHERE id = $1", 1, NULL, &id, NULL, NULL, 0);
	int			n = PQnfields(row);
	const char **values = malloc(sizeof(char *) * n);
	char	   *sql = malloc(64 * (n + 2));
	PGresult   *res;

	strcpy(sql, "UPDATE crm.lead SET ");
	for (int i = 0; i < n; i++)
	{
		values[i] = PQgetisnull(row, 0, i) ? NULL : PQgetvalue(row, 0, i);
		sprintf(sql + strlen(sql), "%s\"%s\" = $%d", i ? ", " : "", PQfname(row, i), i + 1);
	}
	sprintf(sql + strlen(sql), " WHERE id = $%d", PQfnumber(row, "id") + 1);
	must(other, change);
	PQclear(PQprepare(conn, name, sql, 0, NULL));
	res = PQexecPrepared(conn, name, n, values, NULL, NULL, 0);
	if (PQresultStatus(res) == PGRES_FATAL_ERROR)
		show_error(name, res);
	else
		printf("%s: saved %s\n", name, PQcmdTuples(res));
	PQclear(res);
	PQclear(row);
	free(values);
	free(sql);
}

/* Three moves sent at once: the second is refused, the third never runs, the connection goes on. */
static void
use_pipeline(PGconn *conn)
{
	static const char *const stages[] = {"mql", "customer", "sal"};
	const char *values[2] = {"10", NULL};
	PGresult   *res;

	PQclear(PQprepare(conn, "move", "UPDATE crm.lead SET stage = $2 WHERE id = $1", 0, NULL));
	if (!PQenterPipelineMode(conn))
		exit(2);
	for (int i = 0; i < 3; i++)
	{
		values[1] = stages[i];
		PQsendQueryPrepared(conn, "move", 2, values, NULL, NULL, 0);
	}
	PQpipelineSync(conn);
	for (;;)
	{
		res = PQgetResult(conn);
		if (res == NULL)
			continue;
		if (PQresultStatus(res) == PGRES_PIPELINE_SYNC)
			break;
		if (PQresultStatus(res) == PGRES_FATAL_ERROR)
			show_error("pipeline", res);
		else
			printf("pipeline: %s\n", PQresStatus(PQresultStatus(res)));
		PQclear(res);
	}
	PQclear(res);
	PQexitPipelineMode(conn);
}

/* Parameters and results in binary. */
static void
use_binary(PGconn *conn)
{
	static const unsigned char id[8] = {0, 0, 0, 0, 0, 0, 0, 11};
	static const Oid types[] = {20, 25};
	const char *values[2] = {(const char *) id, "mql"};
	const int	lengths[2] = {8, 3};
	const int	formats[2] = {1, 1};
	PGresult   *res;

	PQclear(PQprepare(conn, "binary", "UPDATE crm.lead SET stage = $2 WHERE id = $1 RETURNING id, stage, cycle", 2, types));
	res = PQexecPrepared(conn, "binary", 2, values, lengths, formats, 1);
	if (PQresultStatus(res) == PGRES_TUPLES_OK && PQntuples(res) == 1)
		printf("binary: %d %.*s %d\n", PQgetvalue(res, 0, 0)[7], PQgetlength(res, 0, 1), PQgetvalue(res, 0, 1),
			   PQgetvalue(res, 0, 2)[3]);
	else
		show_error("binary", res);
	PQclear(res);
}

/* Row by row, as a driver that streams does; leaving half-way must not matter. */
static void
stream_rows(PGconn *conn)
{
	PGresult   *res;
	int			rows = 0;

	PQsendQueryParams(conn, "UPDATE crm.lead SET stage = 'mql' WHERE id BETWEEN 20 AND 39 RETURNING id", 0, NULL, NULL, NULL, NULL, 0);
	PQsetSingleRowMode(conn);
	while ((res = PQgetResult(conn)) != NULL)
	{
		rows += PQntuples(res);
		PQclear(res);
	}
	printf("stream: %d\n", rows);
}

int
main(int argc, char **argv)
{
	PGconn	   *conn = connect_to(argv[1]);
	PGconn	   *other = connect_to(argv[1]);

	(void) argc;
	must(conn, "SET client_min_messages = warning");
	must(conn, "SET smarketing.actor = ''");
	refuse(conn, "no transition", "UPDATE crm.lead SET stage = $2 WHERE id = $1", "1", "customer");
	refuse(conn, "no stage", "UPDATE crm.lead SET stage = $2 WHERE id = $1", "1", "nowhere");
	refuse(conn, "no entry", "INSERT INTO crm.lead (name, stage) VALUES ($1, $2)", "x", "recycled");
	refuse(conn, "condition", "UPDATE crm.lead SET stage = $2 WHERE id = $1", "1", "sal");
	refuse(conn, "no reason", "UPDATE crm.lead SET stage = $2 WHERE id = $1", "1", "recycled");
	refuse(conn, "unknown reason", "UPDATE crm.lead SET stage = 'recycled', reason = $2 WHERE id = $1", "1", "whim");
	refuse(conn, "future", "UPDATE crm.lead SET stage = 'mql', stage_since = $2 WHERE id = $1", "1", "2999-01-01");
	refuse(conn, "too old", "UPDATE crm.lead SET stage = 'mql', stage_since = $2 WHERE id = $1", "1", "2001-01-01");
	refuse(conn, "duplicate", "INSERT INTO crm.lead (name, email) VALUES ($1, $2)", "x", " A@x.pt ");
	refuse(conn, "new id", "UPDATE crm.lead SET id = $2 WHERE id = $1", "1", "999999");
	refuse(conn, "null stage", "UPDATE crm.lead SET stage = NULL WHERE id = $1", "1", NULL);
	refuse(conn, "no kind", "INSERT INTO crm.activity (lead_id, kind) VALUES ($1, $2)", "1", "nonsense");
	refuse(conn, "future activity", "INSERT INTO crm.activity (lead_id, kind, at) VALUES ($1, 'call', $2)", "1", "2999-01-01");
	refuse(conn, "history", "DELETE FROM crm.stage_change WHERE lead_id = $1", "1", NULL);
	refuse(conn, "handoff insert", "INSERT INTO crm.handoff (lead_id, direction, to_stage) VALUES ($1, 'to_sales', $2)", "1", "mql");
	refuse(conn, "handoff reason", "UPDATE crm.handoff SET decision = $2 WHERE lead_id = $1", "2", "rejected");
	refuse(conn, "handoff direction", "UPDATE crm.handoff SET decision = $2 WHERE lead_id = $1", "2", "withdrawn");
	refuse(conn, "configuration", "UPDATE crm.setting SET value = to_jsonb($2::text) WHERE name = $1", "transition_mode", "lax");
	refuse(conn, "rule", "UPDATE crm.transition SET condition = $2::jsonpath WHERE to_stage = $1", "sql", "$.shoe_size > 3");
	must(conn, "SET smarketing.actor = 'bob'");
	refuse(conn, "department", "UPDATE crm.lead SET stage = $2 WHERE id = $1", "1", "mql");
	must(conn, "SET smarketing.actor = 'nobody'");
	refuse(conn, "unknown actor", "UPDATE crm.lead SET name = $2 WHERE id = $1", "1", "still");
	must(conn, "RESET smarketing.actor");

	save_stale_row(conn, "stale name", other, "UPDATE crm.lead SET phone = '1' WHERE id = 3", "3");
	save_stale_row(conn, "stale stage", other, "UPDATE crm.lead SET stage = 'sal' WHERE id = 4", "4");
	save_stale_row(conn, "stale history", other,
				   "UPDATE crm.lead SET stage = 'mql' WHERE id = 5;"
				   " UPDATE crm.lead SET stage = 'recycled', reason = 'not_ready' WHERE id = 5", "5");
	save_stale_row(conn, "stale automatic", other, "UPDATE crm.lead SET employees = 100 WHERE id = 6", "6");
	save_stale_row(conn, "stale handoff", other, "UPDATE crm.handoff SET decision = 'accepted' WHERE lead_id = 2", "2");
	use_pipeline(conn);
	use_binary(conn);
	stream_rows(conn);
	PQfinish(conn);
	PQfinish(other);
	return 0;
}
