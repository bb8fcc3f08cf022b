-- An archive keeps every version of a report, where each was read, and what was forgotten.
ALTER TABLE store.documents ADD COLUMN url_key VARCHAR;
ALTER TABLE store.documents ADD COLUMN superseded_by VARCHAR;

-- One row per record of a source and document in it; 'document' is NULL if it held none.
CREATE TABLE store.sources (id VARCHAR, source VARCHAR, document VARCHAR, run VARCHAR);

-- Hashes of what must not come back.
CREATE TABLE store.forgotten (id VARCHAR);

-- What a record of a source held that was set aside, to be read again; NULL if too large.
ALTER TABLE store.rejected ADD COLUMN unit JSON;

-- Near-identical reports, and the happenings that mentions of several reports tell of.
-- Both are computed from the documents and events ('dragoman link').
CREATE TABLE store.copies (
  document VARCHAR, copy_group VARCHAR, similarity DOUBLE, origin VARCHAR
);
CREATE TABLE store.happening_events (
  happening VARCHAR, event_id VARCHAR, document VARCHAR, origin VARCHAR, is_lead BOOLEAN
);

DROP VIEW documents;
DROP VIEW events;
DROP VIEW mentions;
DROP VIEW statements;
DROP VIEW relations;
DROP VIEW rejected;
DROP VIEW dyad_days;
DROP VIEW agenda;

-- Every version; the newest of an address has no 'superseded_by'.
CREATE VIEW documents AS SELECT * FROM store.documents;
CREATE VIEW sources AS SELECT * FROM store.sources;
CREATE VIEW rejected AS SELECT id, source, reason, message, run FROM store.rejected;
CREATE VIEW copies AS SELECT * FROM store.copies;

CREATE VIEW events AS
  SELECT e.*, d.title, d.url, d.source, d.published
  FROM store.events e JOIN store.documents d ON d.id = e.document
  WHERE d.superseded_by IS NULL;

CREATE VIEW mentions AS
  SELECT m.*, e.type, e.status, d.source, d.published
  FROM store.mentions m
  JOIN store.events e ON e.id = m.event_id
  JOIN store.documents d ON d.id = m.document
  WHERE d.superseded_by IS NULL;

CREATE VIEW statements AS
  SELECT s.* FROM store.statements s JOIN store.documents d ON d.id = s.document
  WHERE d.superseded_by IS NULL;

CREATE VIEW relations AS
  SELECT r.* FROM store.relations r JOIN store.documents d ON d.id = r.document
  WHERE d.superseded_by IS NULL;

-- One row per happening that several reports or one tell of. 'origins' counts independent
-- origins (a wire's copy is one, so are the sites of one publisher), 'reports' the reports.
CREATE VIEW happenings AS
  SELECT h.happening AS id, any_value(e.type) AS type,
    max(e.mode) FILTER (h.is_lead) AS mode,
    any_value(e.actor_countries) FILTER (h.is_lead) AS actor_countries,
    any_value(e.recipient_countries) FILTER (h.is_lead) AS recipient_countries,
    any_value(e.start_date) FILTER (h.is_lead) AS start_date,
    any_value(e.end_date) FILTER (h.is_lead) AS end_date,
    any_value(e.place) FILTER (h.is_lead) AS place,
    list_sort(list(DISTINCT e.status)) AS statuses,
    count(DISTINCT h.origin) AS origins, count(DISTINCT h.document) AS reports,
    list_sort(list(DISTINCT d.source)) AS sources
  FROM store.happening_events h
  JOIN store.events e ON e.id = h.event_id
  JOIN store.documents d ON d.id = h.document
  GROUP BY h.happening;

-- What the reports of one happening say differently: a row per field and value, with how
-- many independent origins say so and which reports.
CREATE VIEW contradictions AS
  WITH said AS (
    SELECT h.happening, h.origin, h.document, m.kind AS field,
      CAST(m.low AS VARCHAR) || CASE WHEN m.high IS NULL THEN '+'
        WHEN m.high <> m.low THEN '-' || CAST(m.high AS VARCHAR) ELSE '' END AS value
    FROM store.happening_events h JOIN store.magnitudes m ON m.event_id = h.event_id
    UNION ALL
    SELECT h.happening, h.origin, h.document, 'place', e.place
    FROM store.happening_events h JOIN store.events e ON e.id = h.event_id
    WHERE e.place IS NOT NULL
    UNION ALL
    SELECT h.happening, h.origin, h.document, 'status', e.status
    FROM store.happening_events h JOIN store.events e ON e.id = h.event_id
    UNION ALL
    SELECT h.happening, h.origin, h.document, 'day', CAST(e.start_date AS VARCHAR)
    FROM store.happening_events h JOIN store.events e ON e.id = h.event_id
    WHERE e.date_precision = 'day'
  )
  SELECT happening, field, value, count(DISTINCT origin) AS origins,
    list_sort(list(DISTINCT document)) AS documents
  FROM said
  GROUP BY happening, field, value
  QUALIFY count(*) OVER (PARTITION BY happening, field) > 1;

-- One row per day and directed pair of countries. Only acts that happened ('actual', not
-- background) and whose interval is known to a week or better count, on its first day.
-- The participants of a symmetric act are paired both ways. A happening that several
-- reports tell of counts once.
CREATE VIEW dyad_days AS
  WITH dated AS (
    SELECT e.*,
      CASE WHEN is_symmetric THEN list_distinct(list_concat(actor_countries, recipient_countries))
           ELSE actor_countries END AS sources,
      CASE WHEN is_symmetric THEN list_distinct(list_concat(actor_countries, recipient_countries))
           ELSE recipient_countries END AS targets
    FROM store.events e JOIN store.documents d ON d.id = e.document
    WHERE status = 'actual' AND NOT background AND d.superseded_by IS NULL
      AND start_date IS NOT NULL AND end_date IS NOT NULL AND end_date - start_date < 7
      AND e.id NOT IN (SELECT event_id FROM store.happening_events WHERE NOT is_lead)
  ),
  one AS (SELECT *, unnest(sources) AS actor FROM dated),
  pairs AS (SELECT *, unnest(targets) AS recipient FROM one)
  SELECT start_date AS day, actor, recipient, count(*) AS events,
    count(*) FILTER (quad = 1) AS verbal_cooperation,
    count(*) FILTER (quad = 2) AS material_cooperation,
    count(*) FILTER (quad = 3) AS verbal_conflict,
    count(*) FILTER (quad = 4) AS material_conflict,
    sum(score) AS score
  FROM pairs WHERE actor <> recipient
  GROUP BY ALL;

-- What was announced: planned acts, soonest first; a happening once.
CREATE VIEW agenda AS
  SELECT e.start_date, e.end_date, e.date_text, e.type, e.mode, e.actor_countries,
    e.recipient_countries, e.place, e.place_country, e.speakers, e.evidence, e.id, e.document,
    d.published, d.source
  FROM store.events e JOIN store.documents d ON d.id = e.document
  WHERE e.status = 'planned' AND NOT e.background AND d.superseded_by IS NULL
    AND e.id NOT IN (SELECT event_id FROM store.happening_events WHERE NOT is_lead)
  ORDER BY e.start_date NULLS LAST, e.id;
