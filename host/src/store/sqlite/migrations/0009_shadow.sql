-- Policies in shadow: how often each was asked since its file is as it is, and what it would have changed.

CREATE TABLE shadow_asked (
  facility TEXT NOT NULL,
  policy TEXT NOT NULL,
  since INTEGER NOT NULL,
  -- After how many events, and about how many due messages.
  events INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  -- How often it failed, and how it did last, as JSON.
  faults INTEGER NOT NULL,
  fault TEXT,
  PRIMARY KEY (facility, policy)
) WITHOUT ROWID;

CREATE TABLE shadow (
  facility TEXT NOT NULL,
  policy TEXT NOT NULL,
  -- The message that was due, or nothing where it was asked what to plan.
  message TEXT NOT NULL,
  appointment TEXT NOT NULL,
  patient TEXT NOT NULL,
  kind TEXT NOT NULL,
  channel TEXT NOT NULL,
  recipient TEXT NOT NULL,
  -- When the message is due, or would be.
  due INTEGER NOT NULL,
  line INTEGER NOT NULL,
  at INTEGER NOT NULL,
  -- What would be otherwise: its name, and the whole as JSON.
  would TEXT NOT NULL,
  otherwise TEXT NOT NULL,
  PRIMARY KEY (facility, policy, message, appointment, patient, kind, channel, recipient, due)
) WITHOUT ROWID;

CREATE INDEX shadow_at ON shadow (facility, at);
