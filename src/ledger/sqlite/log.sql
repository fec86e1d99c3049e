-- Version 3: messages in one sequence with the journal, what users have received, and sessions.

-- About the ledger itself. `epoch` names this log: a place of another one means nothing here.
CREATE TABLE about (
    name        TEXT PRIMARY KEY,
    value       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO about VALUES ('epoch', lower(hex(randomblob(8))));

-- Places come from the journal's own sequence: whoever writes a message moves that on (see log.rs), and so no place
-- is given twice, also after the last message was swept away.
INSERT INTO sqlite_sequence (name, seq)
SELECT 'journal', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'journal');

CREATE TABLE messages (
    pos         INTEGER PRIMARY KEY,
    ts          INTEGER NOT NULL,
    -- NULL: everyone.
    user        TEXT,
    channel     TEXT NOT NULL,
    topic       TEXT NOT NULL,
    -- JSON as it came.
    payload     TEXT NOT NULL
) STRICT;

-- One user's log.
CREATE INDEX messages_by_user ON messages (user, pos);

-- Each user has everything up to this place.
CREATE TABLE receipts (
    user        TEXT PRIMARY KEY,
    pos         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Whose session a recovery id is, and when it was last used.
CREATE TABLE sessions (
    pid         TEXT PRIMARY KEY,
    user        TEXT NOT NULL,
    used_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_use ON sessions (used_at);
