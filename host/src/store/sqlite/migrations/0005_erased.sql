-- By what an erased patient is known again: keyed hashes of their id, their addresses and their
-- appointments' ids. Nobody can tell from them who it was.
CREATE TABLE erased (
  facility TEXT NOT NULL,
  hash TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (facility, hash)
) WITHOUT ROWID;

-- Whom an event was about is nobody's business once it is applied.
ALTER TABLE event DROP COLUMN subject;
