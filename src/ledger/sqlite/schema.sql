-- Version 1 of the ledger. Times are microseconds since 1970 (UTC).

CREATE TABLE submissions (
    -- Never given twice.
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    user        TEXT NOT NULL,
    -- NULL for a custom run.
    problem     TEXT,
    language    TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    status      TEXT NOT NULL DEFAULT 'queued',
    -- Lower is earlier.
    priority    INTEGER NOT NULL,
    -- When it last entered the queue.
    queued_at   INTEGER NOT NULL,
    -- Leases given since a person last queued it, and how many of them were lost.
    attempt     INTEGER NOT NULL DEFAULT 0,
    lost        INTEGER NOT NULL DEFAULT 0,
    -- Grows whenever a holder gains or loses the submission.
    fence       INTEGER NOT NULL DEFAULT 0,
    worker      TEXT,
    lease_until INTEGER,
    -- The outcome as JSON.
    result      TEXT,
    CHECK (status IN ('queued', 'running', 'finished', 'cancelled')),
    CHECK ((status = 'running') = (worker IS NOT NULL)),
    CHECK ((status = 'running') = (lease_until IS NOT NULL)),
    CHECK ((status = 'finished') = (result IS NOT NULL))
) STRICT;

-- The queue, in its order; a lease reads its first entry, however long it is.
CREATE INDEX submissions_waiting ON submissions (priority, id) WHERE status = 'queued';
-- The few that are held now, by the end of their lease.
CREATE INDEX submissions_leased ON submissions (lease_until) WHERE status = 'running';
-- The lists.
CREATE INDEX submissions_by_user ON submissions (user, id);
CREATE INDEX submissions_by_problem ON submissions (problem, id);
CREATE INDEX submissions_by_status ON submissions (status, id);

-- What is long and never changes, apart from the rows that change often.
CREATE TABLE texts (
    submission  INTEGER PRIMARY KEY REFERENCES submissions (id),
    source      TEXT NOT NULL,
    -- Standard input of a custom run.
    input       TEXT
) STRICT;

CREATE TABLE journal (
    pos         INTEGER PRIMARY KEY AUTOINCREMENT,
    submission  INTEGER NOT NULL REFERENCES submissions (id),
    -- 1, 2, 3, … within the submission.
    seq         INTEGER NOT NULL,
    ts          INTEGER NOT NULL,
    -- The submission's, for the cursor of one user.
    user        TEXT NOT NULL,
    -- The event's body as JSON.
    body        TEXT NOT NULL,
    UNIQUE (submission, seq)
) STRICT;

CREATE INDEX journal_by_user ON journal (user, pos);

-- How many submissions are in each state, so that nothing is counted at each submit.
CREATE TABLE tally (
    status      TEXT PRIMARY KEY,
    n           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO tally VALUES ('queued', 0), ('running', 0), ('finished', 0), ('cancelled', 0);

CREATE TRIGGER tally_entered AFTER INSERT ON submissions BEGIN
    UPDATE tally SET n = n + 1 WHERE status = new.status;
END;

CREATE TRIGGER tally_moved AFTER UPDATE OF status ON submissions
WHEN old.status <> new.status BEGIN
    UPDATE tally SET n = n - 1 WHERE status = old.status;
    UPDATE tally SET n = n + 1 WHERE status = new.status;
END;
