-- Facts, events and the outbox. Every key begins with the facility.
-- Instants are milliseconds since 1970 (UTC); civil times are text on the clinic's wall clock.
--
-- Tables with wide rows have a number for their row, by which nothing but this file names it: without
-- one SQLite keeps a quarter of a page of a row in place and the rest elsewhere, and what is added
-- lands anywhere instead of behind what was added last.

-- The host.

CREATE TABLE host (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  -- When it was started last.
  since INTEGER NOT NULL
);

-- The key that links and hashes are made with.
CREATE TABLE link_key (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  key BLOB NOT NULL
);
INSERT INTO link_key (one, key) VALUES (1, randomblob(32));

-- Which rules serve each clinic, and what is wrong with newer ones.
CREATE TABLE generation (
  facility TEXT NOT NULL,
  id TEXT NOT NULL,
  since INTEGER NOT NULL,
  zone TEXT NOT NULL,
  refused TEXT,
  -- Whether the host that was started last serves the clinic.
  served INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (facility)
) WITHOUT ROWID;

-- Folders that can't be served, and why. Whose they are can't be told: their id may be what is wrong.
CREATE TABLE absent (
  folder TEXT NOT NULL,
  since INTEGER NOT NULL,
  refused TEXT NOT NULL,
  PRIMARY KEY (folder)
) WITHOUT ROWID;

-- The files by which each clinic was served last, as JSON, for a start at which they are broken. They
-- hold no secret: settings say where secrets are, not what they are.
CREATE TABLE kept_folder (
  facility TEXT NOT NULL,
  folder TEXT NOT NULL,
  files TEXT NOT NULL,
  PRIMARY KEY (facility)
);

-- What agendas told.

-- Their events, by the key under which a repeated one is known. Whom one was about is nobody's business
-- once it is applied.
CREATE TABLE event (
  facility TEXT NOT NULL,
  source TEXT NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  time INTEGER,
  received INTEGER NOT NULL,
  PRIMARY KEY (facility, source, id)
) WITHOUT ROWID;

-- What is known of patients, resources, services and locations, as JSON.
CREATE TABLE record (
  facility TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  told INTEGER NOT NULL,
  data TEXT NOT NULL
);
CREATE UNIQUE INDEX record_id ON record (facility, kind, id);

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
  -- When it begins, on the clinic's wall clock as civil times are written, and whether it is still to
  -- come as far as the agenda says.
  start TEXT GENERATED ALWAYS AS (replace(substr(data ->> '$.start', 1, 16), 'T', ' ')) VIRTUAL,
  open INTEGER GENERATED ALWAYS AS
    (coalesce(data ->> '$.status', 'booked') IN ('booked', 'approved', 'confirmed')) VIRTUAL
);
CREATE UNIQUE INDEX appointment_id ON appointment (facility, id);
CREATE INDEX appointment_of_patient ON appointment (facility, patient);
CREATE INDEX appointment_of_resource ON appointment (facility, resource, start);

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
  delay INTEGER,
  PRIMARY KEY (facility, seq)
) WITHOUT ROWID;
CREATE INDEX unplanned_of ON unplanned (facility, record, subject);

-- By what an erased patient is known again: keyed hashes of their id, their addresses and their
-- appointments' ids. Nobody can tell from them who it was.
CREATE TABLE erased (
  facility TEXT NOT NULL,
  hash TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (facility, hash)
) WITHOUT ROWID;

-- The outbox, which is also the message summary.

CREATE TABLE message (
  number INTEGER PRIMARY KEY,
  facility TEXT NOT NULL,
  id TEXT NOT NULL,
  -- What it is about. Empty where it is about none: NULLs would make the key below not unique.
  appointment TEXT NOT NULL,
  patient TEXT NOT NULL,
  -- A day of a resource, where it is about no appointment and no patient.
  resource TEXT NOT NULL DEFAULT '',
  day TEXT NOT NULL DEFAULT '',
  kind TEXT NOT NULL,
  channel TEXT NOT NULL,
  recipient TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  notice INTEGER NOT NULL,
  urgent INTEGER NOT NULL,
  reminder INTEGER NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  -- Whose plan it is, and the policy behind the reason, where it is one's.
  policy TEXT,
  line INTEGER,
  decided_by TEXT,
  decided_line INTEGER,
  -- What keeps it back though no policy decided so: `plan`, a policy failed when it was to be planned
  -- anew; `check`, when it was judged, or the clinic's files have nothing to write it with; `credits`,
  -- it has its place in the queue and nobody takes it.
  kept TEXT,
  -- The approval that it waits for.
  approval TEXT,
  due INTEGER NOT NULL,
  due_civil TEXT NOT NULL,
  expires INTEGER,
  confirmation_requested INTEGER NOT NULL,
  event TEXT,
  visit_start TEXT,
  -- How many minutes late the practitioner or room is, where that is what it tells.
  delay INTEGER,
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
  -- Whether it has a charge, what each begun minute costs where it is paid by the minute, and what it
  -- costs where it waits for credits.
  charged INTEGER NOT NULL DEFAULT 0,
  minute TEXT,
  cost TEXT,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  sent_at INTEGER,
  -- A worker's claim: until when it holds the message, and the proof that it does.
  lease INTEGER NOT NULL DEFAULT 0,
  fence INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX message_id ON message (facility, id);
CREATE UNIQUE INDEX message_key
  ON message (facility, appointment, patient, kind, channel, recipient, ordinal, resource, day);
CREATE INDEX message_due ON message (facility, channel, urgent DESC, due)
  WHERE state IN ('planned', 'held') AND kept IS NOT 'credits';
CREATE INDEX message_held ON message (facility) WHERE lease > 0;
CREATE INDEX message_kept ON message (facility) WHERE kept IS NOT NULL;
CREATE INDEX message_unpaid ON message (facility, urgent DESC, due) WHERE kept = 'credits';
CREATE INDEX message_awaits ON message (facility, approval) WHERE approval IS NOT NULL;
CREATE INDEX message_to_person
  ON message (facility, patient, sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX message_at_gateway
  ON message (facility, gateway, gateway_id) WHERE gateway_id IS NOT NULL;
CREATE INDEX message_by_due ON message (facility, due);
-- Who is asked is answered: other messages need no way to them by their address.
CREATE INDEX message_asked
  ON message (facility, address, sent_at) WHERE confirmation_requested AND address IS NOT NULL;

-- Messages that were taken and haven't come to a judgement: by which claim, and how often.
CREATE TABLE taken (
  message INTEGER PRIMARY KEY,
  fence INTEGER NOT NULL,
  strikes INTEGER NOT NULL
);

-- What happened to each message, in the order of the rows. A message's row lies in its facility, and is
-- no other's as long as it has a story.
CREATE TABLE story (
  seq INTEGER PRIMARY KEY,
  message INTEGER NOT NULL,
  at INTEGER NOT NULL,
  step TEXT NOT NULL
);
CREATE INDEX story_of ON story (message);

-- Receipts by a gateway's own name that came while it still owed us an answer with that name.
CREATE TABLE early_receipt (
  facility TEXT NOT NULL,
  gateway TEXT NOT NULL,
  gateway_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  status TEXT NOT NULL,
  reason TEXT,
  seconds INTEGER
);
CREATE INDEX early_receipt_of ON early_receipt (facility, gateway, gateway_id);

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

-- What patients answer, and what comes of it.

-- The links that messages brought, by their secret parts.
CREATE TABLE link (
  facility TEXT NOT NULL,
  token TEXT NOT NULL,
  message TEXT NOT NULL,
  purpose TEXT NOT NULL,
  -- When it stops working, and when it was used where it works once.
  expires INTEGER NOT NULL,
  used INTEGER,
  PRIMARY KEY (facility, token)
) WITHOUT ROWID;
CREATE INDEX link_of_token ON link (token);
CREATE INDEX link_of_message ON link (facility, message);

-- What patients wrote, pressed and clicked, by the name that makes it known when it comes again.
CREATE TABLE reply (
  facility TEXT NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  channel TEXT NOT NULL,
  -- The message that it answers, where that is known.
  message TEXT,
  -- What was written. It goes when the texts of messages go.
  text TEXT,
  reading TEXT NOT NULL,
  outcome TEXT NOT NULL,
  PRIMARY KEY (facility, id)
);
CREATE INDEX reply_to ON reply (facility, message) WHERE message IS NOT NULL;
CREATE INDEX reply_at ON reply (facility, at);

-- Addresses whose owners want nothing sent to them by a channel, as hashes.
CREATE TABLE suppression (
  facility TEXT NOT NULL,
  channel TEXT NOT NULL,
  address TEXT NOT NULL,
  at INTEGER NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (facility, channel, address)
) WITHOUT ROWID;

-- Every change of what a patient consents to, with who told it.
CREATE TABLE consent (
  facility TEXT NOT NULL,
  patient TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  -- `consent`, or the channel.
  what TEXT NOT NULL,
  -- `true`, `false`, or NULL where they say nothing any more.
  value INTEGER,
  source TEXT NOT NULL,
  event TEXT NOT NULL,
  PRIMARY KEY (facility, patient, seq)
) WITHOUT ROWID;

-- What the agenda is still to be told, in its order.
CREATE TABLE outgoing (
  facility TEXT NOT NULL,
  seq INTEGER NOT NULL,
  event TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  due INTEGER NOT NULL,
  PRIMARY KEY (facility, seq)
);

-- Credits: what each clinic has to spend on messages, and where it went. Amounts are text, because
-- every digit counts; they are added outside SQLite.

-- Running totals, so that a step reads one row: top-ups are balance, reserved and spent together.
CREATE TABLE account (
  facility TEXT NOT NULL,
  limited INTEGER NOT NULL DEFAULT 0,
  low TEXT NOT NULL DEFAULT '0',
  balance TEXT NOT NULL DEFAULT '0',
  reserved TEXT NOT NULL DEFAULT '0',
  -- The worst that was told since the last top-up: 0 nothing, 1 low, 2 out.
  told INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (facility)
) WITHOUT ROWID;

CREATE TABLE top_up (
  facility TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  amount TEXT NOT NULL,
  note TEXT,
  PRIMARY KEY (facility, seq)
) WITHOUT ROWID;

-- What became of the credits for a message: `reserved`, `spent` or `returned`, and since when. They
-- outlive their message: an erased patient's messages were paid all the same.
CREATE TABLE charge (
  facility TEXT NOT NULL,
  message TEXT NOT NULL,
  channel TEXT NOT NULL,
  amount TEXT NOT NULL,
  posting TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (facility, message)
) WITHOUT ROWID;
CREATE INDEX charge_by_time ON charge (facility, at);

-- What SQLite is to believe of the tables' sizes: without it, it takes the facility alone for narrow
-- enough and reads a clinic's whole outbox where an index leads to three rows. Written down and not
-- measured, so that the ways to the data are the same on every host on every day. A figure is how
-- many rows there are, then how many share the first column of the index, the first two, and so on.
ANALYZE;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('event', 'event', '1000000 100000 100000 1'),
  ('record', 'record_id', '200000 20000 15000 1'),
  ('appointment', 'appointment_id', '500000 50000 1'),
  ('appointment', 'appointment_of_patient', '500000 50000 3'),
  ('appointment', 'appointment_of_resource', '500000 50000 2000 2'),
  ('unplanned', 'unplanned', '1000 100 1'),
  ('unplanned', 'unplanned_of', '1000 100 50 1 1'),
  ('message', 'message_id', '1000000 100000 1'),
  ('message', 'message_key', '1000000 100000 3 3 2 1 1 1 1 1'),
  ('message', 'message_due', '100000 10000 5000 4000 2'),
  ('message', 'message_held', '1000 100'),
  ('message', 'message_kept', '1000 100'),
  ('message', 'message_unpaid', '1000 100 50 2'),
  ('message', 'message_awaits', '1000 100 50'),
  ('message', 'message_to_person', '900000 90000 10 1'),
  ('message', 'message_at_gateway', '900000 90000 50000 1'),
  ('message', 'message_by_due', '1000000 100000 2'),
  ('message', 'message_asked', '300000 30000 5 1'),
  ('story', 'story_of', '5000000 5'),
  ('early_receipt', 'early_receipt_of', '100 20 10 1'),
  ('approval', 'approval', '100 10 1'),
  ('link', 'link', '3000000 300000 1'),
  ('link', 'link_of_token', '3000000 1 1'),
  ('link', 'link_of_message', '3000000 300000 3 1'),
  ('reply', 'sqlite_autoindex_reply_1', '300000 30000 1'),
  ('reply', 'reply_to', '300000 30000 1 1'),
  ('reply', 'reply_at', '300000 30000 1 1'),
  ('suppression', 'suppression', '10000 1000 500 1'),
  ('consent', 'consent', '200000 20000 2 1'),
  ('outgoing', 'sqlite_autoindex_outgoing_1', '1000 100 1'),
  ('top_up', 'top_up', '1000 100 1'),
  ('charge', 'charge', '900000 90000 1'),
  ('charge', 'charge_by_time', '900000 90000 2');
ANALYZE sqlite_schema;
