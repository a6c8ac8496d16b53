# A seller's pipeline: 8,800 opportunities of 85 accounts, imported as leads and deals, and its figures by plain SQL.
. "$SMK_SRC/test/tap.sh"
data=${SMK_SHARED:-}/data/crm_opportunities
[ -f "$data/sales_pipeline.csv" ] || skip_all 'no reference data (SMK_SHARED/data/crm_opportunities)'
export PGOPTIONS='-c client_min_messages=warning'
new_database opps template1
sql opps "CREATE EXTENSION smarketing; SELECT smarketing.create_workspace('crm')" >/dev/null

psql -XqAt -v ON_ERROR_STOP=1 -d opps <<SQL
CREATE SCHEMA staging;
CREATE TABLE staging.account (account text, sector text, year_established int, revenue numeric, employees int, office_location text, subsidiary_of text);
CREATE TABLE staging.pipeline (opportunity_id text, sales_agent text, product text, account text, deal_stage text, engage_date date, close_date date, close_value numeric);
CREATE TABLE staging.team (sales_agent text, manager text, regional_office text);
CREATE TABLE staging.product (product text, series text, sales_price numeric);
\copy staging.account FROM '$data/accounts.csv' (FORMAT csv, HEADER)
\copy staging.pipeline FROM '$data/sales_pipeline.csv' (FORMAT csv, HEADER)
\copy staging.team FROM '$data/sales_teams.csv' (FORMAT csv, HEADER)
\copy staging.product FROM '$data/products.csv' (FORMAT csv, HEADER)

INSERT INTO crm.team (name, department) SELECT DISTINCT regional_office, 'sales' FROM staging.team;
INSERT INTO crm.member (name, department, team) SELECT sales_agent, 'sales', regional_office FROM staging.team;
INSERT INTO crm.account (external_id, name, territory, attributes)
SELECT account, account, office_location, jsonb_build_object('sector', sector, 'employees', employees, 'revenue', revenue) FROM staging.account;
UPDATE crm.account AS a SET parent = p.id FROM staging.account AS s JOIN crm.account AS p ON p.external_id = s.subsidiary_of WHERE a.external_id = s.account;
SQL
is "$(sql opps 'SELECT count(*), count(parent) FROM crm.account')" "85|$(sql opps 'SELECT count(subsidiary_of) FROM staging.account')" '85 accounts and their parents'

# one lead per opportunity, that sales found themselves; who is not engaged yet stands at the end of the data
import="SET LOCAL smarketing.import = 'pipeline'"
sql opps "BEGIN; $import;
	INSERT INTO crm.lead (external_id, company, account_id, owner, stage, stage_since)
	SELECT p.opportunity_id, p.account, a.id, p.sales_agent, 'sql', coalesce(p.engage_date, '2017-12-31')
	FROM staging.pipeline AS p LEFT JOIN crm.account AS a ON a.external_id = p.account;
	INSERT INTO crm.deal (external_id, lead_id, account_id, name, opened_at, owner)
	SELECT l.external_id, l.id, l.account_id, CASE p.product WHEN 'GTXPro' THEN 'GTX Pro' ELSE p.product END, l.stage_since, l.owner
	FROM crm.lead AS l JOIN staging.pipeline AS p ON p.opportunity_id = l.external_id;
	COMMIT"
is "$(sql opps "SELECT stage, count(*) FROM crm.lead GROUP BY stage")" 'opportunity|8800' '8,800 opportunities'

close() { # DEAL STAGE, ASSIGNMENTS: what psql says
	printf '%s\n' '\set VERBOSITY sqlstate' 'BEGIN;' "$import;" "UPDATE crm.deal AS d SET closed_at = p.close_date, amount = p.close_value, $2
		FROM staging.pipeline AS p WHERE p.opportunity_id = d.external_id AND p.deal_stage = '$1';" 'COMMIT;' |
		psql -XqAt -d opps 2>&1
}
is "$(close Lost 'won = false')" 'ERROR:  SM004' 'a deal is not lost without a reason'
is "$(sql opps 'SELECT count(*) FROM crm.deal WHERE closed_at IS NOT NULL')" 0 'and none of the 2,473 is'
is "$(close Lost "won = false, reason = 'no_budget'")" 'ERROR:  SM004' 'nor with a reason of another kind'
is "$(close Lost "won = false, reason = 'no_decision'")$(close Won 'won = true')" '' 'with one they are lost, and the others won'

is "$(sql opps "SELECT stage, count(*) FROM crm.lead GROUP BY stage ORDER BY stage COLLATE \"C\"")" \
	"$(printf 'closed_lost|2473\ncustomer|4238\nopportunity|2089')" '4,238 won, 2,473 lost, 1,589 engaging and 500 prospecting open'
is "$(sql opps "SELECT DISTINCT reason FROM crm.stage_change WHERE to_stage = 'closed_lost'")" no_decision 'the reason is the history of each lost one'
is "$(sql opps "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY d), round(avg(d), 3), count(*) FROM (
	SELECT (closed_at::date - opened_at::date) AS d FROM crm.deal WHERE closed_at IS NOT NULL) AS x")" '45|47.985|6711' 'from engage to close: median 45 days, mean 47.985, of 6,711 deals'
is "$(sql opps "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY d), round(avg(d), 3), count(*) FROM (
	SELECT c.at::date - o.at::date AS d FROM crm.stage_change AS o JOIN crm.stage_change AS c USING (lead_id)
	WHERE o.to_stage = 'opportunity' AND c.to_stage IN ('customer', 'closed_lost')) AS x")" '45|47.985|6711' 'the history of the leads says the same'
is "$(sql opps "SELECT sum(amount), sum(amount) FILTER (WHERE won), round(100.0 * count(*) FILTER (WHERE won) / count(won), 2) FROM crm.deal")" \
	'10005534|10005534|63.15' 'all of 10,005,534 is won, in 63.15 % of the closed deals'
is "$(sql opps "SELECT count(*), sum(won_amount) FROM crm.lead_fact WHERE won_at IS NOT NULL")" '4238|10005534' 'lead_fact says so too'
is "$(sql opps "SELECT count(*) FILTER (WHERE is_customer) FROM crm.account")" \
	"$(sql opps "SELECT count(DISTINCT account) FROM staging.pipeline WHERE deal_stage = 'Won'")" 'an account that has bought is a customer'
is "$(sql opps "SELECT count(*) FROM staging.pipeline AS s JOIN staging.product USING (product)")|$(sql opps "SELECT count(*) FROM crm.deal AS d JOIN staging.product AS p ON p.product = d.name")" \
	'7320|8800' 'the product that is spelled in two ways is one product'
is "$(sql opps "SELECT string_agg(name || ' ' || amount::text, ', ' ORDER BY amount DESC) FROM (SELECT name, sum(amount) AS amount FROM crm.deal GROUP BY name) AS x")" \
	"$(sql opps "SELECT string_agg(replace(product, 'GTXPro', 'GTX Pro') || ' ' || v::text, ', ' ORDER BY v DESC) FROM (SELECT product, sum(close_value) AS v FROM staging.pipeline GROUP BY product) AS x")" 'revenue by product'
is "$(sql opps "SELECT count(*) FROM crm.handoff")|$(sql opps "SELECT count(*) FROM crm.event")" '0|0' 'leads that sales found are handed over by nobody, and an import is no news'

# the pipeline goes on: one of the open ones is won today, by the one who owns it
is "$(sql opps "SET smarketing.actor = 'Moses Frase'; UPDATE crm.deal SET won = true, amount = 5
	WHERE id = (SELECT min(id) FROM crm.deal WHERE won IS NULL AND owner = 'Moses Frase') RETURNING won")" t 'an open deal is won'
is "$(sql opps "SELECT l.stage, c.actor, c.at > now() - interval '1 minute', c.import_batch IS NULL FROM crm.stage_change AS c
	JOIN crm.lead AS l ON l.id = c.lead_id ORDER BY c.id DESC LIMIT 1")" 'customer|Moses Frase|t|t' 'and that is history like any other'
is "$(sql opps "SELECT string_agg(DISTINCT check_name, ' ') FROM smarketing.verify('crm')")" '' 'verify finds nothing'
sql postgres 'DROP DATABASE opps WITH (FORCE)' >/dev/null
