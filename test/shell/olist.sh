# Real leads: the Olist marketing funnel of 2017 and 2018, imported with its own times by plain DML.
. "$SMK_SRC/test/tap.sh"
data=${SMK_SHARED:-}/data/olist
[ -f "$data/olist_closed_deals_dataset.csv" ] || skip_all 'no reference data (SMK_SHARED/data/olist)'
export PGOPTIONS='-c client_min_messages=warning'
new_database olist template1
sql olist "CREATE EXTENSION smarketing; SELECT smarketing.create_workspace('crm')" >/dev/null

psql -XqAt -v ON_ERROR_STOP=1 -d olist <<SQL
CREATE SCHEMA staging;
CREATE TABLE staging.mql (mql_id text, first_contact_date date, landing_page_id text, origin text);
CREATE TABLE staging.closed (mql_id text, seller_id text, sdr_id text, sr_id text, won_date timestamp, business_segment text,
	lead_type text, lead_behaviour_profile text, has_company text, has_gtin text, average_stock text, business_type text,
	declared_product_catalog_size numeric, declared_monthly_revenue numeric);
\copy staging.mql FROM '$data/olist_marketing_qualified_leads_dataset.csv' (FORMAT csv, HEADER)
\copy staging.closed FROM '$data/olist_closed_deals_dataset.csv' (FORMAT csv, HEADER)
SQL
is "$(sql olist 'SELECT (SELECT count(*) FROM staging.mql), (SELECT count(*) FROM staging.closed)')" '8000|842' 'the files have 8,000 leads and 842 deals'

# the deals of these mql_ids, as one statement
deals="INSERT INTO crm.deal (external_id, lead_id, name, currency, opened_at, closed_at, won)
	SELECT c.mql_id, l.id, c.business_segment, 'BRL', c.won_date AT TIME ZONE 'UTC', c.won_date AT TIME ZONE 'UTC', true
	FROM staging.closed AS c JOIN crm.lead AS l ON l.external_id = c.mql_id"
import="SET LOCAL smarketing.import = 'olist'"
odd="EXISTS (SELECT FROM staging.mql AS m WHERE m.mql_id = c.mql_id AND c.won_date < m.first_contact_date)"

sql olist "BEGIN; $import;
	INSERT INTO crm.lead (external_id, source, stage, stage_since, attributes)
	SELECT mql_id, coalesce(origin, 'none'), 'mql', first_contact_date AT TIME ZONE 'UTC', jsonb_build_object('landing_page', landing_page_id)
	FROM staging.mql;
	COMMIT"
is "$(sql olist "SELECT count(*), count(DISTINCT stage), min(stage_since), max(stage_since), min(origin) FROM crm.lead")" \
	"$(sql olist "SELECT count(*), 1, min(first_contact_date)::timestamptz, max(first_contact_date)::timestamptz, 'import' FROM staging.mql")" 'the leads stand in mql since their first contact'
is "$(sql olist "SELECT count(*) FROM crm.handoff")" 0 'and are not offered to anybody'

# all 842 in one statement: one of them was won before its lead came, so none is
before=$(sql olist "SELECT count(*) FROM crm.stage_change")
refused=$(printf '%s\n' '\set VERBOSITY verbose' 'BEGIN;' "$import;" "$deals;" 'COMMIT;' | psql -XqAt -d olist 2>&1)
like "$refused" 'ERROR:  SM011: lead [0-9]+ cannot have entered stage "customer" at ' 'all deals in one statement are refused'
like "$refused" 'DETAIL:  Its last change was at ' 'with the reason'
is "$(sql olist "SELECT (SELECT count(*) FROM crm.deal), (SELECT count(*) FROM crm.stage_change), (SELECT count(*) FROM crm.handoff),
	(SELECT count(*) FROM crm.lead WHERE stage <> 'mql')")" "0|$before|0|0" 'and nothing of them is kept'

# the odd one in a savepoint, the others beside it
is "$(psql -XqAt -v VERBOSITY=sqlstate -d olist 2>&1 <<SQL
BEGIN;
$import;
SAVEPOINT odd;
$deals WHERE $odd;
ROLLBACK TO odd;
$deals WHERE NOT $odd;
COMMIT;
SQL
)" 'ERROR:  SM011' 'the odd deal is refused in its savepoint'
is "$(sql olist "SELECT count(*) FROM crm.deal WHERE external_id IN (SELECT c.mql_id FROM staging.closed AS c WHERE $odd)")" 0 'and is not half-loaded'
is "$(sql olist "SELECT l.stage, count(c.id), l.customer_since IS NULL FROM crm.lead AS l JOIN crm.stage_change AS c ON c.lead_id = l.id
	WHERE l.external_id IN (SELECT c.mql_id FROM staging.closed AS c WHERE $odd) GROUP BY l.id")" 'mql|1|t' 'nor is its lead moved'

# what is known of the data
is "$(sql olist "SELECT count(DISTINCT lead_id) FROM crm.stage_change WHERE to_stage = 'mql'")" 8000 '8,000 have ever been MQL'
is "$(sql olist "SELECT count(*) FROM crm.lead WHERE stage = 'customer'")" 841 '841 are customers'
is "$(sql olist "SELECT count(*) FROM crm.lead_fact WHERE won_at IS NOT NULL")" 841 'the views say so too'
is "$(sql olist "SELECT count(*) FROM crm.lead AS l JOIN staging.closed AS c ON c.mql_id = l.external_id
	WHERE l.stage = 'customer' AND l.customer_since = c.won_date AT TIME ZONE 'UTC' AND l.stage_since = l.customer_since")" 841 'each since the day it was won'
wins() { # FROM: wins by source
	sql olist "SELECT string_agg(source || ' ' || n, ', ' ORDER BY n DESC, source) FROM (SELECT source, count(*) AS n FROM $1 GROUP BY source) AS x"
}
# the odd one's own origin has one win less than the file
odd_source=$(sql olist "SELECT coalesce(origin, 'none') FROM staging.mql AS m JOIN staging.closed AS c USING (mql_id) WHERE $odd")
known='organic search 271, paid search 195, unknown 179, social 75, direct traffic 56, referral 24, email 15, none 14, display 6, other 4, other publicities 3'
is "$(wins "(SELECT coalesce(m.origin, 'none') FROM staging.closed AS c JOIN staging.mql AS m USING (mql_id)) AS w (source)")" "$known" 'the file wins by origin as its source says'
is "$(wins "(SELECT source FROM crm.lead WHERE stage = 'customer') AS w")" \
	"$(sql olist "SELECT string_agg(source || ' ' || n, ', ' ORDER BY n DESC, source) FROM (
		SELECT coalesce(m.origin, 'none') AS source, count(*) - count(*) FILTER (WHERE $odd) AS n
		FROM staging.closed AS c JOIN staging.mql AS m USING (mql_id) GROUP BY 1) AS x")" "so does the workspace, less the one of '$odd_source'"
is "$(sql olist "SELECT count(*) FILTER (WHERE c.at < m.at + interval '30 days'), count(*) FILTER (WHERE c.at < m.at + interval '90 days')
	FROM crm.stage_change AS m JOIN crm.stage_change AS c USING (lead_id) WHERE m.to_stage = 'mql' AND c.to_stage = 'customer'")" \
	'546|690' '546 closed within 30 days and 690 within 90, which is the file less the odd one'

# the path and the handoffs of imported moves
is "$(sql olist "SELECT string_agg(to_stage || ' ' || n, ', ' ORDER BY n DESC, to_stage) FROM (SELECT to_stage, count(*) AS n FROM crm.stage_change GROUP BY to_stage) AS x")" \
	'mql 8000, customer 841, opportunity 841, sal 841, sql 841' 'each won lead has stepped through sal, sql and opportunity'
is "$(sql olist "SELECT bool_and(implied = (to_stage IN ('sal', 'sql', 'opportunity'))), bool_and(import_batch = 'olist'), bool_or(violation IS NOT NULL) FROM crm.stage_change")" 't|t|f' 'implied where nobody named them, in one batch, no move being a violation'
is "$(sql olist "SELECT direction, decision, count(*), count(*) FILTER (WHERE h.decided_at = l.customer_since AND h.offered_at < h.decided_at)
	FROM crm.handoff AS h JOIN crm.lead AS l ON l.id = h.lead_id GROUP BY 1, 2")" 'to_sales|accepted|841|841' 'their handoffs are recorded as accepted when they were won'
is "$(sql olist "SELECT count(*) FROM crm.event")" 0 'an import writes no event'
is "$(sql olist "SELECT smarketing.activate_leads('crm', 'olist')")" 7159 'the other leads can be offered to sales now'
is "$(sql olist "SELECT string_agg(DISTINCT check_name, ' ') FROM smarketing.verify('crm')")" '' 'verify finds nothing'
sql postgres 'DROP DATABASE olist WITH (FORCE)' >/dev/null
