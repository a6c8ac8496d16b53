# What a driver and an object mapper see: errors with their fields, whole rows written back, pipelines, binary values.
. "$SMK_SRC/test/tap.sh"
include=$("$SMK_PG_CONFIG" --includedir)
[ -f "$include/libpq-fe.h" ] || skip_all 'no libpq-fe.h'
ok 'the client compiles' gcc -std=gnu99 -Wall -Wextra -Werror -I"$include" -o "$TMPDIR/driver" "$SMK_SRC/test/client/driver.c" \
	-L"$("$SMK_PG_CONFIG" --libdir)" -lpq || exit 1
export PGOPTIONS='-c client_min_messages=warning'
new_database driver template1
sql driver "CREATE EXTENSION smarketing; SELECT smarketing.create_workspace('crm')" >/dev/null
sql driver "INSERT INTO crm.member (name, department) VALUES ('bob', 'sales'), ('mia', 'marketing');
	INSERT INTO crm.lead (name) SELECT 'lead ' || i FROM generate_series(1, 40) AS i;
	UPDATE crm.lead SET email = 'a@x.pt' WHERE id = 1;
	UPDATE crm.lead SET stage = 'mql' WHERE id IN (2, 5);
	UPDATE crm.lead SET stage = 'recycled', reason = 'not_ready' WHERE id = 5;
	UPDATE crm.transition SET condition = '\$.employees >= 50' WHERE from_stage = 'lead' AND to_stage = 'sal' OR from_stage = 'sal' AND to_stage = 'sql';
	UPDATE crm.lead SET employees = 50 WHERE id = 4;
	UPDATE crm.transition SET automatic_when = '\$.employees >= 100' WHERE from_stage = 'lead' AND to_stage = 'mql'" >/dev/null
"$TMPDIR/driver" driver >"$TMPDIR/driver.out" 2>&1
said() { is "$(sed -n "s/^$1: //p" "$TMPDIR/driver.out")" "$2" "$3"; }

said 'no transition' 'SM001 crm.lead.stage lead_transition detail hint' 'an illegal move names table, column and rule'
said 'no stage' 'SM001 crm.lead.stage lead_transition detail hint' 'so does a stage that does not exist'
said 'no entry' 'SM001 crm.lead.stage lead_transition detail hint' 'and an illegal entry'
said 'condition' 'SM002 crm.lead.stage transition_condition detail hint' 'a condition that does not hold'
said 'no reason' 'SM004 crm.lead.reason transition_reason_kind detail hint' 'a missing reason points at the reason'
said 'unknown reason' 'SM004 crm.lead.reason transition_reason_kind detail hint' 'so does an unknown one'
said 'future' 'SM011 crm.lead.stage_since lead_stage_since detail hint' 'a time in the future'
said 'too old' 'SM011 crm.lead.stage_since lead_stage_since detail hint' 'and one too long ago'
said 'duplicate' '23505 crm.lead.- lead_email_key detail' "an address twice is PostgreSQL's own error"
said 'new id' 'SM005 crm.lead.id - detail hint' 'an id stays'
said 'null stage' '23502 crm.lead.stage - detail' "a null stage is PostgreSQL's own error"
said 'no kind' '23503 crm.activity.kind - detail hint' 'an unknown kind of activity'
said 'future activity' 'SM011 crm.activity.at - detail hint' 'an activity of tomorrow'
said 'history' 'SM005 crm.stage_change.- - detail hint' 'history stays'
said 'handoff insert' 'SM006 crm.handoff.- - hint' 'a handoff opens by a move'
said 'handoff reason' 'SM004 crm.handoff.reason - detail hint' 'a rejection needs a reason'
said 'handoff direction' 'SM006 crm.handoff.decision - detail hint' 'a client withdraws no handoff'
said 'configuration' 'SM007 crm.setting.value - hint' 'a setting that does not exist'
said 'rule' 'SM007 crm.transition.condition - detail' 'a rule on a column that does not exist'
said 'department' 'SM003 crm.lead.stage transition_department detail hint' "another department's move"
said 'unknown actor' 'PGRES_COMMAND_OK 1' 'a name that is no member is unknown, and passes'

said 'stale name' 'saved 1' 'a row is saved as it was read'
is "$(sql driver "SELECT count(*) FROM crm.stage_change WHERE lead_id = 3")" 1 'and that is no move'
said 'stale stage' 'SM001 crm.lead.stage lead_transition detail hint' 'a stage that has moved on is not silently put back'
is "$(sql driver "SELECT stage FROM crm.lead WHERE id = 4")" sal 'it stays where it is'
said 'stale history' 'saved 1' 'a row that has been away and back is saved'
is "$(sql driver "SELECT l.stage, l.cycle, l.stage_since = max(c.at), count(*) FROM crm.lead AS l JOIN crm.stage_change AS c ON c.lead_id = l.id WHERE l.id = 5 GROUP BY l.id")" \
	'recycled|2|t|5' 'with the counters and the time of what really happened'
said 'stale automatic' 'SM001 crm.lead.stage lead_transition detail hint' 'an automatic move is not put back either'
is "$(sql driver "SELECT stage, stage_automatic FROM crm.lead WHERE id = 6")" 'mql|t' 'it stays'
said 'stale handoff' 'SM001 crm.lead.stage lead_transition detail hint' 'nor is what a handoff has decided'

is "$(sed -n 's/^pipeline: //p' "$TMPDIR/driver.out" | tr '\n' ';')" \
	'PGRES_COMMAND_OK;SM001 crm.lead.stage lead_transition detail hint;PGRES_PIPELINE_ABORTED;' 'one refused move ends its pipeline'
is "$(sql driver 'SELECT stage FROM crm.lead WHERE id = 10')" lead 'and takes the moves before it along'
said 'binary' '11 mql 1' 'binary values'
said 'stream' 20 'rows that are streamed'
is "$(sql driver "SELECT count(*) FROM crm.handoff WHERE lead_id BETWEEN 20 AND 39")" 20 'have their handoffs'
is "$(sql driver "SELECT string_agg(DISTINCT check_name, ' ') FROM smarketing.verify('crm')")" '' 'verify finds nothing'
sql postgres 'DROP DATABASE driver WITH (FORCE)' >/dev/null
