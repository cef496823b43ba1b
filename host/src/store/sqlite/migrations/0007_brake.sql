-- The brake: what each generation plans is counted, and one that plans far too much is stopped.

-- How many events of a kind there were on a day since 1970 (UTC), and how many messages a generation planned
-- for them.
CREATE TABLE volume (
  facility TEXT NOT NULL,
  day INTEGER NOT NULL,
  event TEXT NOT NULL,
  generation TEXT NOT NULL,
  events INTEGER NOT NULL,
  planned INTEGER NOT NULL,
  PRIMARY KEY (facility, day, event, generation)
) WITHOUT ROWID;

-- Generations that were stopped: by which events, how many messages they planned for them, and how many
-- are usual.
CREATE TABLE brake (
  facility TEXT NOT NULL,
  generation TEXT NOT NULL,
  approval TEXT NOT NULL,
  event TEXT NOT NULL,
  events INTEGER NOT NULL,
  planned INTEGER NOT NULL,
  usual INTEGER NOT NULL,
  at INTEGER NOT NULL,
  -- Whether it may serve all the same; NULL until somebody says so.
  approved INTEGER,
  PRIMARY KEY (facility, generation)
) WITHOUT ROWID;

-- Which generation the files make, and the ones before that were good.
ALTER TABLE kept_folder ADD COLUMN generation TEXT NOT NULL DEFAULT '';
CREATE TABLE earlier_folder (
  facility TEXT NOT NULL,
  folder TEXT NOT NULL,
  files TEXT NOT NULL,
  generation TEXT NOT NULL,
  PRIMARY KEY (facility)
);

-- When a message was due that the brake stopped (`kept` is `brake`): it waits until it is too late for it.
ALTER TABLE message ADD COLUMN due_before INTEGER;
