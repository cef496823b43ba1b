-- Alerts reach the appointments of a practitioner or room; lists are about a day of theirs.

-- When an appointment begins, on the clinic's wall clock as civil times are written, and whether it is
-- still to come as far as the agenda says.
ALTER TABLE appointment ADD COLUMN start TEXT
  GENERATED ALWAYS AS (replace(substr(data ->> '$.start', 1, 16), 'T', ' ')) VIRTUAL;
ALTER TABLE appointment ADD COLUMN open INTEGER
  GENERATED ALWAYS AS (coalesce(data ->> '$.status', 'booked') IN ('booked', 'approved', 'confirmed')) VIRTUAL;
CREATE INDEX appointment_of_resource ON appointment (facility, resource, start);

-- What a message is about where it is about no appointment and no patient: a day of a resource.
ALTER TABLE message ADD COLUMN resource TEXT NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN day TEXT NOT NULL DEFAULT '';
-- How many minutes late the practitioner or room is, where that is what it tells.
ALTER TABLE message ADD COLUMN delay INTEGER;
-- The approval that it waits for.
ALTER TABLE message ADD COLUMN approval TEXT;
DROP INDEX message_key;
CREATE UNIQUE INDEX message_key
  ON message (facility, appointment, patient, kind, channel, recipient, ordinal, resource, day);
CREATE INDEX message_awaits ON message (facility, approval) WHERE approval IS NOT NULL;

-- Broadcasts that wait for somebody to say that they may go.
CREATE TABLE approval (
  facility TEXT NOT NULL,
  id TEXT NOT NULL,
  event TEXT NOT NULL,
  resource TEXT NOT NULL,
  messages INTEGER NOT NULL,
  asked INTEGER NOT NULL,
  decided INTEGER,
  PRIMARY KEY (facility, id)
) WITHOUT ROWID;

ALTER TABLE unplanned ADD COLUMN delay INTEGER;

DELETE FROM sqlite_stat1 WHERE idx = 'message_key';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('appointment', 'appointment_of_resource', '500000 50000 2000 2'),
  ('message', 'message_key', '1000000 100000 3 3 2 1 1 1 1 1'),
  ('message', 'message_awaits', '1000 100 50'),
  ('approval', 'approval', '100 10 1');
ANALYZE sqlite_schema;
