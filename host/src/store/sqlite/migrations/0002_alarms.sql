-- What needs a person: what is equal is one row, as long as it is untold.
CREATE TABLE alarm (
  facility TEXT NOT NULL,
  -- The e-mail to the administrator that tells it. Empty where there is none yet: NULLs would make the
  -- key not unique.
  told TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  channel TEXT NOT NULL,
  reason TEXT NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  count INTEGER NOT NULL,
  -- The latest message that it happened to, where it happens to messages.
  message TEXT,
  PRIMARY KEY (facility, told, kind, subject, channel, reason)
) WITHOUT ROWID;

-- As in the first migration: what SQLite is to believe of the table's size.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('alarm', 'alarm', '10000 1000 10 3 2 2 1');
ANALYZE sqlite_schema;
