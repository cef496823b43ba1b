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

-- Whether the message has a charge.
ALTER TABLE message ADD COLUMN charged INTEGER NOT NULL DEFAULT 0;
-- What each begun minute costs, where the message is paid by the minute.
ALTER TABLE message ADD COLUMN minute TEXT;
-- What a message costs that waits for credits. Then `kept` is `credits`: it has its place in the queue,
-- and nobody takes it.
ALTER TABLE message ADD COLUMN cost TEXT;
ALTER TABLE early_receipt ADD COLUMN seconds INTEGER;

DROP INDEX message_due;
CREATE INDEX message_due ON message (facility, channel, urgent DESC, due)
  WHERE state IN ('planned', 'held') AND kept IS NOT 'credits';
CREATE INDEX message_unpaid ON message (facility, urgent DESC, due) WHERE kept = 'credits';

DELETE FROM sqlite_stat1 WHERE idx = 'message_due';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('message', 'message_due', '100000 10000 5000 4000 2'),
  ('message', 'message_unpaid', '1000 100 50 2'),
  ('top_up', 'top_up', '1000 100 1'),
  ('charge', 'charge', '900000 90000 1'),
  ('charge', 'charge_by_time', '900000 90000 2');
ANALYZE sqlite_schema;
