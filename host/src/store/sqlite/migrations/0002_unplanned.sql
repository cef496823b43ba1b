-- Events that were applied and are not planned because a policy failed, in their order. What the
-- policies that didn't fail wanted stands.
CREATE TABLE unplanned (
  facility TEXT NOT NULL,
  seq INTEGER NOT NULL,
  -- The appointment or patient that the event is about.
  record TEXT NOT NULL,
  subject TEXT NOT NULL,
  source TEXT NOT NULL,
  event TEXT NOT NULL,
  type TEXT NOT NULL,
  time INTEGER NOT NULL,
  at INTEGER NOT NULL,
  -- Lists in JSON: which facts it changed, and which policies failed.
  changed TEXT NOT NULL,
  faults TEXT NOT NULL,
  PRIMARY KEY (facility, seq)
) WITHOUT ROWID;
CREATE INDEX unplanned_of ON unplanned (facility, record, subject);

-- Which fault keeps a message back, though no policy decided so: `plan`, a policy failed when it was to
-- be planned anew; `check`, when it was judged, or the clinic's files have nothing to write it with.
ALTER TABLE message ADD COLUMN kept TEXT;
CREATE INDEX message_kept ON message (facility) WHERE kept IS NOT NULL;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('message', 'message_kept', '1000 100'),
  ('unplanned', 'unplanned', '1000 100 1'),
  ('unplanned', 'unplanned_of', '1000 100 50 1 1');
ANALYZE sqlite_schema;
