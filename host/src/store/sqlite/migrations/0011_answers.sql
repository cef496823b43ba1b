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
) WITHOUT ROWID;
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
) WITHOUT ROWID;

-- Who is asked is answered: other messages need no way to them by their address.
CREATE INDEX message_asked
  ON message (facility, address, sent_at) WHERE confirmation_requested AND address IS NOT NULL;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('link', 'link', '3000000 300000 1'),
  ('link', 'link_of_token', '3000000 1 1'),
  ('link', 'link_of_message', '3000000 300000 3 1'),
  ('reply', 'reply', '300000 30000 1'),
  ('reply', 'reply_to', '300000 30000 1 1'),
  ('reply', 'reply_at', '300000 30000 1 1'),
  ('suppression', 'suppression', '10000 1000 500 1'),
  ('consent', 'consent', '200000 20000 2 1'),
  ('outgoing', 'outgoing', '1000 100 1'),
  ('message', 'message_asked', '300000 30000 5 1');
ANALYZE sqlite_schema;
