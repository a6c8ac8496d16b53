-- lifecycle.sql: the lifecycle's rules as PL/pgSQL row triggers, the way one would write them by hand: the BEFORE ROW
-- trigger judges with look-ups in the rules' tables, the AFTER ROW trigger writes history, handoff and event.  It leaves
-- out what the bench does not use (stepping, observing, imports, automatic moves, routing, deals), so it does less.
-- Run with search_path = a workspace without triggers of its own.

CREATE FUNCTION judge() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    edge transition;
    acting member;
    known reason;
    actor_name text := nullif(current_setting('smarketing.actor', true), '');
    source stage;
    goal stage;
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.origin := coalesce(NEW.origin, 'inbound');
        NEW.latest_campaign := coalesce(NEW.latest_campaign, NEW.campaign);
        NEW.fit := 0; NEW.engagement := 0; NEW.score := 0; NEW.band := NULL;
        NEW.engagement_state := NULL; NEW.engagement_purged := NULL; NEW.engagement_at := NULL; NEW.score_generation := NULL;
        NEW.stage_automatic := false; NEW.cycle := 1; NEW.sales_cycle := 0; NEW.customer_since := NULL;
        NEW.created_at := now();
    ELSE
        NEW.origin := coalesce(OLD.origin, NEW.origin);
        NEW.source := coalesce(OLD.source, NEW.source);
        NEW.campaign := coalesce(OLD.campaign, NEW.campaign);
        NEW.fit := OLD.fit; NEW.engagement := OLD.engagement; NEW.score := OLD.score; NEW.band := OLD.band;
        NEW.engagement_state := OLD.engagement_state; NEW.engagement_purged := OLD.engagement_purged;
        NEW.engagement_at := OLD.engagement_at; NEW.score_generation := OLD.score_generation;
        NEW.cycle := OLD.cycle; NEW.sales_cycle := OLD.sales_cycle; NEW.customer_since := OLD.customer_since;
        NEW.created_at := OLD.created_at;
    END IF;
    NEW.updated_at := now();
    SELECT p.name INTO NEW.persona FROM persona AS p
    WHERE jsonb_path_match(to_jsonb(NEW), p.condition, '{}', true) IS TRUE ORDER BY p.position, p.name LIMIT 1;
    IF TG_OP = 'UPDATE' AND NEW.stage = OLD.stage THEN
        NEW.stage_since := OLD.stage_since;
        RETURN NEW;
    END IF;

    IF TG_OP = 'INSERT' THEN
        SELECT * INTO edge FROM transition AS t WHERE t.from_stage IS NULL AND t.to_stage = NEW.stage;
    ELSE
        SELECT * INTO edge FROM transition AS t WHERE t.from_stage = OLD.stage AND t.to_stage = NEW.stage;
        SELECT * INTO source FROM stage AS s WHERE s.name = OLD.stage;
        NEW.stage_automatic := false;
        IF NEW.stage_since = OLD.stage_since THEN
            NEW.stage_since := greatest(now(), OLD.stage_since);
        END IF;
    END IF;
    IF edge.id IS NULL THEN
        RAISE EXCEPTION 'lead % cannot move to stage "%"', NEW.id, NEW.stage USING ERRCODE = 'SM001';
    END IF;
    IF edge.condition IS NOT NULL AND jsonb_path_match(to_jsonb(NEW), edge.condition, '{}', true) IS NOT TRUE THEN
        RAISE EXCEPTION 'lead % does not meet the condition for stage "%"', NEW.id, NEW.stage USING ERRCODE = 'SM002';
    END IF;
    IF actor_name IS NOT NULL THEN
        SELECT * INTO acting FROM member AS m WHERE m.name = actor_name AND m.active;
        IF acting.department NOT IN (edge.department, 'operations') THEN
            RAISE EXCEPTION '% may not make the move to stage "%"', acting.department, NEW.stage USING ERRCODE = 'SM003';
        END IF;
    END IF;
    IF edge.reason_kind IS NULL THEN
        IF TG_OP = 'UPDATE' THEN
            NEW.reason := NULL;
            NEW.note := NULL;
        END IF;
    ELSE
        SELECT * INTO known FROM reason AS r WHERE r.name = NEW.reason;
        IF known.kind IS DISTINCT FROM edge.reason_kind THEN
            RAISE EXCEPTION 'lead % needs a reason to move to stage "%"', NEW.id, NEW.stage USING ERRCODE = 'SM004';
        END IF;
    END IF;
    IF NEW.stage_since > clock_timestamp() OR (TG_OP = 'UPDATE' AND NEW.stage_since < OLD.stage_since)
        OR NEW.stage_since < now() - (SELECT (s.value #>> '{}')::interval FROM setting AS s WHERE s.name = 'max_backdate') THEN
        RAISE EXCEPTION 'lead % cannot have entered stage "%" at %', NEW.id, NEW.stage, NEW.stage_since USING ERRCODE = 'SM011';
    END IF;

    SELECT * INTO goal FROM stage AS s WHERE s.name = NEW.stage;
    IF goal.department = 'sales' AND goal.kind IN ('inventory', 'handoff', 'success') THEN
        IF source.department = 'marketing' AND NEW.sales_cycle >= NEW.cycle THEN
            NEW.cycle := NEW.cycle + 1;
        END IF;
        NEW.sales_cycle := NEW.cycle;
    END IF;
    IF goal.kind = 'success' THEN
        NEW.customer_since := coalesce(NEW.customer_since, NEW.stage_since);
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION record() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    acting member;
    source stage;
    goal stage;
    outcome text;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.stage = OLD.stage THEN
            RETURN NULL;
        END IF;
        SELECT * INTO source FROM stage AS s WHERE s.name = OLD.stage;
    END IF;
    SELECT * INTO goal FROM stage AS s WHERE s.name = NEW.stage;
    SELECT * INTO acting FROM member AS m WHERE m.name = nullif(current_setting('smarketing.actor', true), '');
    IF source.kind = 'handoff' THEN
        UPDATE handoff AS h
        SET decision = CASE WHEN goal.department = 'sales' AND goal.kind <> 'exit' THEN 'accepted' ELSE 'rejected' END,
            decided_at = NEW.stage_since, decided_by = acting.name, reason = NEW.reason, note = NEW.note
        WHERE h.lead_id = NEW.id AND h.direction = 'to_sales' AND h.decision IS NULL RETURNING h.decision INTO outcome;
        INSERT INTO event (kind, lead_id, payload)
        VALUES ('handoff_decided', NEW.id, jsonb_build_object('decision', outcome, 'reason', NEW.reason, 'actor', acting.name));
    ELSIF source.department = 'marketing' THEN
        UPDATE handoff AS h SET decision = 'accepted', decided_at = NEW.stage_since, decided_by = acting.name
        WHERE h.lead_id = NEW.id AND h.direction = 'to_marketing' AND h.decision IS NULL;
        IF FOUND THEN
            INSERT INTO event (kind, lead_id, payload)
            VALUES ('handoff_decided', NEW.id, jsonb_build_object('decision', 'accepted', 'actor', acting.name));
        END IF;
    END IF;
    INSERT INTO stage_change (lead_id, cycle, from_stage, to_stage, at, actor, department, reason, note, fit, engagement, score)
    VALUES (NEW.id, NEW.cycle, CASE WHEN TG_OP = 'UPDATE' THEN OLD.stage END, NEW.stage, NEW.stage_since, acting.name,
        acting.department, NEW.reason, NEW.note, NEW.fit, NEW.engagement, NEW.score);
    IF (SELECT s.value FROM setting AS s WHERE s.name = 'live') = 'true' THEN
        INSERT INTO event (at, kind, lead_id, payload)
        VALUES (NEW.stage_since, 'stage_changed', NEW.id, jsonb_build_object('from', source.name, 'to', NEW.stage,
            'cycle', NEW.cycle, 'actor', acting.name, 'reason', NEW.reason, 'automatic', false));
    END IF;
    IF (goal.kind = 'handoff' AND source.department IS DISTINCT FROM 'sales')
        OR (source.department = 'sales' AND goal.department = 'marketing') THEN
        INSERT INTO handoff (lead_id, cycle, direction, from_stage, to_stage, offered_at, offered_by)
        VALUES (NEW.id, NEW.cycle, CASE goal.department WHEN 'sales' THEN 'to_sales' ELSE 'to_marketing' END, source.name,
            NEW.stage, NEW.stage_since, acting.name);
        INSERT INTO event (at, kind, lead_id, payload)
        VALUES (NEW.stage_since, 'handoff_offered', NEW.id, jsonb_build_object('direction',
            CASE goal.department WHEN 'sales' THEN 'to_sales' ELSE 'to_marketing' END, 'cycle', NEW.cycle, 'from', source.name,
            'to', NEW.stage, 'team', NULL, 'owner', NULL, 'decision', NULL, 'reason', NULL));
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER judge BEFORE INSERT OR UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION judge();
CREATE TRIGGER record AFTER INSERT OR UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION record();
