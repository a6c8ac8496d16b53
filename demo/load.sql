-- load.sql: brings the tables of generate.sql into the workspace `crm` the way another CRM's export comes in: as an
-- import, through the same tables and under the same rules as any other write, but with the times of long ago.
SET search_path = crm;

INSERT INTO account (external_id, name, domain, territory, attributes)
SELECT 'C-' || lpad(id::text, 4, '0'), name, domain, country, jsonb_build_object('industry', industry, 'employees', employees)
FROM input.company ORDER BY id;

BEGIN;
SET LOCAL smarketing.import = 'export of 30 June';

-- Leads enter where they entered then.
\copy (SELECT l.external_id, l.email, l.name, a.id, c.name, l.job_title, l.phone, l.country, c.region, c.industry, c.employees, c.annual_revenue, l.language, l.origin, l.source, l.campaign, m.to_stage, m.at, CASE m.to_stage WHEN 'sal' THEN l.rep END, jsonb_build_object('role', l.role, 'seniority', l.seniority) FROM input.lead AS l JOIN input.company AS c ON c.id = l.company JOIN crm.account AS a ON a.external_id = 'C-' || lpad(c.id::text, 4, '0') JOIN input.move AS m ON m.lead = l.id AND m.seq = 0 ORDER BY m.at, l.id) TO 'leads.copy'
\copy lead (external_id, email, name, account_id, company, job_title, phone, country, region, industry, employees, annual_revenue, language, origin, source, campaign, stage, stage_since, owner, attributes) FROM 'leads.copy'
\! rm -f leads.copy

INSERT INTO activity (lead_id, kind, at, actor, campaign, channel, direction, properties)
SELECT lead.id, kind, at, actor, a.campaign, a.channel, a.direction, a.properties
FROM input.activity AS a JOIN input.lead AS l ON l.id = a.lead JOIN lead ON lead.external_id = l.external_id
ORDER BY at, l.id, kind;

-- Each round makes every lead's next move, each move by the one who made it then.  What deals do comes afterwards.
DO $$
DECLARE
    step record;
BEGIN
    FOR step IN
        SELECT DISTINCT seq, actor FROM input.move
        WHERE seq > 0 AND to_stage NOT IN ('opportunity', 'customer', 'closed_lost')
        ORDER BY seq, actor
    LOOP
        PERFORM set_config('smarketing.actor', step.actor, true);
        UPDATE lead
        SET stage = m.to_stage, stage_since = m.at, reason = m.reason, note = m.note,
            owner = CASE m.to_stage WHEN 'sal' THEN m.actor ELSE lead.owner END
        FROM input.move AS m JOIN input.lead AS l ON l.id = m.lead
        WHERE lead.external_id = l.external_id AND m.seq = step.seq AND m.actor = step.actor
            AND m.to_stage NOT IN ('opportunity', 'customer', 'closed_lost');
    END LOOP;

    -- A deal moves its lead: to opportunity when it opens, to customer or closed_lost when it closes.
    FOR step IN SELECT DISTINCT owner FROM input.deal ORDER BY owner
    LOOP
        PERFORM set_config('smarketing.actor', step.owner, true);
        INSERT INTO deal (external_id, lead_id, account_id, name, amount, currency, probability, opened_at, expected_close, owner)
        SELECT d.external_id, lead.id, lead.account_id, d.name, d.amount, 'EUR', d.probability, d.opened_at, d.expected_close, d.owner
        FROM input.deal AS d JOIN input.lead AS l ON l.id = d.lead JOIN lead ON lead.external_id = l.external_id
        WHERE d.owner = step.owner ORDER BY opened_at, d.external_id;
        UPDATE deal SET won = d.won, closed_at = d.closed_at, reason = d.reason
        FROM input.deal AS d
        WHERE deal.external_id = d.external_id AND d.owner = step.owner AND d.closed_at IS NOT NULL;
    END LOOP;
END
$$;
COMMIT;

ANALYZE account, lead, activity, stage_change, deal, handoff;
RESET search_path;
