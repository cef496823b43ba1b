-- The policy behind a message's reason, where it is one's. `policy` and `line` are whose plan it is.
ALTER TABLE message ADD COLUMN decided_by TEXT;
ALTER TABLE message ADD COLUMN decided_line INTEGER;
-- Until now there was one place for both.
UPDATE message SET decided_by = policy, decided_line = line WHERE reason IS NOT NULL;
