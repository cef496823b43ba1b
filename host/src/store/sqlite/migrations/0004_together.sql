-- Messages that go as one: the reminders of a family's appointments on one day.

-- The one of them that was handed to the gateway, and the number of each in the text.
ALTER TABLE message ADD COLUMN carrier TEXT;
ALTER TABLE message ADD COLUMN place INTEGER;

CREATE INDEX message_carried ON message (facility, carrier) WHERE carrier IS NOT NULL;

-- By what people of one family find each other: the end of their mobile number, without what people
-- write between its digits, and their e-mail address. Whether two are the same is not for SQLite to say.
ALTER TABLE record ADD COLUMN mobile TEXT GENERATED ALWAYS AS (
  substr(replace(replace(replace(replace(replace(replace(data ->> '$.mobile',
    ' ', ''), '.', ''), '-', ''), '/', ''), '(', ''), ')', ''), -8)) VIRTUAL;
ALTER TABLE record ADD COLUMN email TEXT GENERATED ALWAYS AS (lower(trim(data ->> '$.email'))) VIRTUAL;

CREATE INDEX record_mobile ON record (facility, mobile) WHERE kind = 'patient' AND mobile <> '';
CREATE INDEX record_email ON record (facility, email) WHERE kind = 'patient' AND email <> '';

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('message', 'message_carried', '100000 2 2'),
  ('record', 'record_mobile', '100000 10000 2'),
  ('record', 'record_email', '100000 10000 2');
ANALYZE sqlite_schema;
