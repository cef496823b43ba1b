-- What becomes of a message at its patient's: whether it was opened and answered.

-- The secret part of the image in an e-mail that tells when it is opened. It goes when the text goes, so
-- that nothing is noted past that.
ALTER TABLE message ADD COLUMN opening TEXT;
-- When it was opened first, and how often.
ALTER TABLE message ADD COLUMN opened INTEGER;
ALTER TABLE message ADD COLUMN opens INTEGER NOT NULL DEFAULT 0;
-- How the last reply to it was read.
ALTER TABLE message ADD COLUMN answer TEXT;

CREATE INDEX message_opening ON message (opening) WHERE opening IS NOT NULL;

UPDATE message SET answer = r.reading
FROM (SELECT facility, message, reading, max(at) FROM reply WHERE message IS NOT NULL
      GROUP BY facility, message) r
WHERE message.facility = r.facility AND message.id = r.message;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('message', 'message_opening', '100000 1');
ANALYZE sqlite_schema;
