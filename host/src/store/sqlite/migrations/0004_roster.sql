-- When the host of this database was started last.
CREATE TABLE host (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  since INTEGER NOT NULL
);

-- Whether the host that was started last serves the clinic.
ALTER TABLE generation ADD COLUMN served INTEGER NOT NULL DEFAULT 1;

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
) WITHOUT ROWID;
