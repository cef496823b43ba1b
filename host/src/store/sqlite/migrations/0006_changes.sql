-- Changes of a clinic's rules.

-- The event by which an appointment's messages were planned last, as JSON, and the rules by which. Other
-- rules plan it anew. What was planned before is taken for what brings an appointment where it stands.
ALTER TABLE appointment ADD COLUMN event TEXT;
ALTER TABLE appointment ADD COLUMN generation TEXT;

UPDATE appointment SET event = json_object(
  'source', 'agenda', 'id', '',
  'type', 'appointment.' || CASE coalesce(data ->> '$.status', 'booked')
    WHEN 'booked' THEN 'created' ELSE data ->> '$.status' END,
  'time', told, 'changed', json_array(), 'delay', NULL)
WHERE data ->> '$.start' IS NOT NULL;

-- Their history.
CREATE TABLE change (
  facility TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  -- The generations before and after; none after where it was refused, and why.
  before TEXT,
  after TEXT,
  refused TEXT,
  -- In JSON: the files, with their hashes and owners; and what it did to standing messages.
  files TEXT NOT NULL,
  commit_id TEXT,
  effect TEXT,
  PRIMARY KEY (facility, seq)
);
CREATE INDEX change_to ON change (facility, after, seq) WHERE after IS NOT NULL;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('change', 'sqlite_autoindex_change_1', '10000 1000 1'),
  ('change', 'change_to', '10000 1000 2 1');
ANALYZE sqlite_schema;
