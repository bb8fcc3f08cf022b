-- Events of other data sets ('dragoman import'). They are never in the views of dragoman's own
-- codings; 'outside_events', 'outside_actors' and 'outside_dyad_days' have the same columns,
-- and 'all_events' and 'all_dyad_days' have both side by side, told apart by 'data_set'.
CREATE TABLE store.outside_events (
  id VARCHAR, data_set VARCHAR, source_id VARCHAR, source VARCHAR, line BIGINT, digest VARCHAR,
  run VARCHAR,
  type VARCHAR, mode VARCHAR, cameo VARCHAR, quad INTEGER, score DOUBLE, goldstein DOUBLE,
  contexts VARCHAR[], status VARCHAR, label VARCHAR,
  actor_countries VARCHAR[], recipient_countries VARCHAR[],
  start_date DATE, end_date DATE, date_precision VARCHAR, published DATE,
  place VARCHAR, place_country VARCHAR, place_admin1 VARCHAR, place_precision VARCHAR,
  latitude DOUBLE, longitude DOUBLE, geonames_id VARCHAR,
  publisher VARCHAR, url VARCHAR, evidence VARCHAR, killed DOUBLE
);
CREATE TABLE store.outside_actors (
  event_id VARCHAR, role VARCHAR, position INTEGER, name VARCHAR, country VARCHAR, sector VARCHAR
);

CREATE VIEW outside_actors AS
  SELECT a.*, e.data_set FROM store.outside_actors a
  JOIN store.outside_events e ON e.id = a.event_id;

CREATE VIEW outside_events AS SELECT * FROM store.outside_events;

CREATE VIEW all_events AS
  SELECT 'dragoman' AS data_set, d.run, d.coder, e.*
  FROM events e JOIN store.documents d ON d.id = e.document
  UNION ALL BY NAME
  SELECT o.data_set, o.run, r.coder, o.id, o.type, o.mode, o.cameo, o.quad, o.score, o.contexts,
    o.status, false AS background, false AS is_symmetric, o.actor_countries,
    o.recipient_countries, o.start_date, o.end_date, o.date_precision, o.place, o.place_country,
    o.place_admin1, o.place_precision, o.latitude, o.longitude, o.geonames_id, o.publisher,
    o.evidence, o.url, o.source, o.published
  FROM store.outside_events o LEFT JOIN store.runs r ON r.id = o.run;

-- As dyad_days; the other data sets have one row per directed pair already, or lists.
CREATE VIEW outside_dyad_days AS
  WITH one AS (SELECT *, unnest(actor_countries) AS actor FROM store.outside_events),
  pairs AS (SELECT *, unnest(recipient_countries) AS recipient FROM one)
  SELECT data_set, run, start_date AS day, actor, recipient, count(*) AS events,
    count(*) FILTER (quad = 1) AS verbal_cooperation,
    count(*) FILTER (quad = 2) AS material_cooperation,
    count(*) FILTER (quad = 3) AS verbal_conflict,
    count(*) FILTER (quad = 4) AS material_conflict,
    sum(score) AS score
  FROM pairs
  WHERE actor <> recipient AND status = 'actual'
    AND start_date IS NOT NULL AND end_date - start_date < 7
  GROUP BY ALL;

-- Own rows by the run that coded the report: what the view dyad_days counts.
CREATE VIEW all_dyad_days AS
  WITH dated AS (
    SELECT e.*, d.run,
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
  SELECT 'dragoman' AS data_set, run, start_date AS day, actor, recipient, count(*) AS events,
    count(*) FILTER (quad = 1) AS verbal_cooperation,
    count(*) FILTER (quad = 2) AS material_cooperation,
    count(*) FILTER (quad = 3) AS verbal_conflict,
    count(*) FILTER (quad = 4) AS material_conflict,
    sum(score) AS score
  FROM pairs WHERE actor <> recipient GROUP BY ALL
  UNION ALL BY NAME SELECT * FROM outside_dyad_days;
