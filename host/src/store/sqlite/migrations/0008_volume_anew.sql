-- How many appointments a generation planned anew on a day, how many messages it added, and how many were
-- there: that is no event, and says nothing of what is usual for one.
CREATE TABLE volume_anew (
  facility TEXT NOT NULL,
  day INTEGER NOT NULL,
  generation TEXT NOT NULL,
  appointments INTEGER NOT NULL,
  added INTEGER NOT NULL,
  there INTEGER NOT NULL,
  PRIMARY KEY (facility, day, generation)
) WITHOUT ROWID;

-- Among the events they were counted under names that are none.
DELETE FROM volume WHERE event LIKE 'rules%';
