-- Facts, events and the outbox. Every key begins with the facility.
-- Instants are milliseconds since 1970 (UTC); civil times are text on the clinic's wall clock.

-- What agendas told, by the key under which a repeated event is known.
CREATE TABLE event (
  facility TEXT NOT NULL,
  source TEXT NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  time INTEGER,
  received INTEGER NOT NULL,
  subject TEXT NOT NULL,
  PRIMARY KEY (facility, source, id)
) WITHOUT ROWID;

-- What is known of patients, resources, services and locations, as JSON.
CREATE TABLE record (
  facility TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  told INTEGER NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (facility, kind, id)
) WITHOUT ROWID;

-- What is known of appointments. `told` is the time of the newest event that was applied.
CREATE TABLE appointment (
  facility TEXT NOT NULL,
  id TEXT NOT NULL,
  patient TEXT,
  resource TEXT,
  service TEXT,
  location TEXT,
  told INTEGER NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (facility, id)
) WITHOUT ROWID;
CREATE INDEX appointment_of_patient ON appointment (facility, patient);

-- The outbox, which is also the message summary.
CREATE TABLE message (
  facility TEXT NOT NULL,
  id TEXT NOT NULL,
  -- Empty where it is about none: NULLs would make the key below not unique.
  appointment TEXT NOT NULL,
  patient TEXT NOT NULL,
  kind TEXT NOT NULL,
  channel TEXT NOT NULL,
  recipient TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  notice INTEGER NOT NULL,
  urgent INTEGER NOT NULL,
  reminder INTEGER NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  policy TEXT,
  line INTEGER,
  due INTEGER NOT NULL,
  due_civil TEXT NOT NULL,
  expires INTEGER,
  confirmation_requested INTEGER NOT NULL,
  event TEXT,
  visit_start TEXT,
  generation TEXT,
  attempts INTEGER NOT NULL DEFAULT 0,
  via TEXT,
  gateway TEXT,
  gateway_id TEXT,
  address TEXT,
  subject TEXT,
  text TEXT,
  encoding TEXT,
  segments INTEGER NOT NULL DEFAULT 0,
  credits TEXT NOT NULL DEFAULT '0',
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  sent_at INTEGER,
  -- A worker's claim: until when it holds the message, the proof that it does, and how often the
  -- message was taken without coming to a judgement.
  lease INTEGER NOT NULL DEFAULT 0,
  fence INTEGER NOT NULL DEFAULT 0,
  strikes INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (facility, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX message_key
  ON message (facility, appointment, patient, kind, channel, recipient, ordinal);
CREATE INDEX message_due
  ON message (facility, channel, urgent DESC, due) WHERE state IN ('planned', 'held');
CREATE INDEX message_held ON message (facility) WHERE lease > 0;
CREATE INDEX message_to_person
  ON message (facility, patient, sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX message_at_gateway
  ON message (facility, gateway, gateway_id) WHERE gateway_id IS NOT NULL;
CREATE INDEX message_by_due ON message (facility, due);

-- What happened to each message, in order.
CREATE TABLE story (
  facility TEXT NOT NULL,
  message TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  step TEXT NOT NULL,
  PRIMARY KEY (facility, message, seq)
) WITHOUT ROWID;

-- Receipts by a gateway's own name that came while it still owed us an answer with that name.
CREATE TABLE early_receipt (
  facility TEXT NOT NULL,
  gateway TEXT NOT NULL,
  gateway_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  status TEXT NOT NULL,
  reason TEXT
);
CREATE INDEX early_receipt_of ON early_receipt (facility, gateway, gateway_id);

-- Which rules serve each clinic, and what is wrong with newer ones.
CREATE TABLE generation (
  facility TEXT NOT NULL,
  id TEXT NOT NULL,
  since INTEGER NOT NULL,
  zone TEXT NOT NULL,
  refused TEXT,
  PRIMARY KEY (facility)
) WITHOUT ROWID;

-- The key that links are made with.
CREATE TABLE link_key (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  key BLOB NOT NULL
);
INSERT INTO link_key (one, key) VALUES (1, randomblob(32));

-- What SQLite is to believe of the tables' sizes: without it, it takes the facility alone for narrow
-- enough and reads a clinic's whole outbox where an index leads to three rows. Written down and not
-- measured, so that the ways to the data are the same on every host on every day. A figure is how
-- many rows there are, then how many share the first column of the index, the first two, and so on.
ANALYZE;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('event', 'event', '1000000 100000 100000 1'),
  ('record', 'record', '200000 20000 15000 1'),
  ('appointment', 'appointment', '500000 50000 1'),
  ('appointment', 'appointment_of_patient', '500000 50000 3'),
  ('message', 'message', '1000000 100000 1'),
  ('message', 'message_key', '1000000 100000 3 3 2 1 1 1'),
  ('message', 'message_due', '100000 10000 5000 4000 2'),
  ('message', 'message_held', '1000 100'),
  ('message', 'message_to_person', '900000 90000 10 1'),
  ('message', 'message_at_gateway', '900000 90000 50000 1'),
  ('message', 'message_by_due', '1000000 100000 2'),
  ('early_receipt', 'early_receipt_of', '100 20 10 1'),
  ('story', 'story', '5000000 500000 5 1');
ANALYZE sqlite_schema;
