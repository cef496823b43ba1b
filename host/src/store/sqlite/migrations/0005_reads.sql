-- What policies read, in the stories of messages that they stopped: it is removed after the clinic's retention.
CREATE INDEX story_reads ON story (message) WHERE instr(step, '"read":') > 0;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('story', 'story_reads', '10000 1');
ANALYZE sqlite_schema;
