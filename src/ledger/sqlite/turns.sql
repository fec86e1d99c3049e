-- Version 2: users take turns, and custom runs have arguments, files and a comparison.

-- The turn of its user by which it was leased last, so that it gets its place back with a release; NULL while a person's
-- last word on it is that it be queued.
ALTER TABLE submissions ADD COLUMN turn INTEGER;

-- Arguments, files and comparison of a custom run as JSON; NULL when it has none.
ALTER TABLE texts ADD COLUMN extras TEXT;

-- Within its priority and user, the queue is in the order of the numbers.
DROP INDEX submissions_waiting;
CREATE INDEX submissions_waiting ON submissions (priority, user, id) WHERE status = 'queued';

-- Every user who waits, once for each priority: whose turn it is. A turn is a place in the journal, of the event since
-- which the user waits for it; so it grows for ever and is nobody else's.
CREATE TABLE ring (
    priority    INTEGER NOT NULL,
    user        TEXT NOT NULL,
    turn        INTEGER NOT NULL,
    PRIMARY KEY (priority, user)
) STRICT, WITHOUT ROWID;

CREATE INDEX ring_in_order ON ring (priority, turn);

-- No submission has a greater number than its first event has a place.
UPDATE submissions SET turn = id WHERE status = 'running';
INSERT INTO ring SELECT priority, user, min(id) FROM submissions WHERE status = 'queued' GROUP BY priority, user;

-- Who begins to wait comes last; who waits already keeps the turn. What goes back brings its turn along.
CREATE TRIGGER ring_joined AFTER INSERT ON submissions WHEN new.status = 'queued' BEGIN
    INSERT INTO ring SELECT new.priority, new.user, coalesce(max(pos), 0) + 1 FROM journal
    WHERE true ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER ring_joined_again AFTER UPDATE OF status, priority ON submissions WHEN new.status = 'queued' BEGIN
    INSERT INTO ring
    SELECT new.priority, new.user, coalesce(new.turn, (SELECT coalesce(max(pos), 0) + 1 FROM journal))
    WHERE true ON CONFLICT DO UPDATE SET turn = min(turn, excluded.turn);
END;

-- Who was served comes last again; who waits no more is gone.
CREATE TRIGGER ring_left AFTER UPDATE OF status, priority ON submissions
WHEN old.status = 'queued' AND (new.status <> 'queued' OR new.priority <> old.priority) BEGIN
    UPDATE ring SET turn = (SELECT coalesce(max(pos), 0) + 1 FROM journal)
    WHERE new.status = 'running' AND priority = old.priority AND user = old.user;
    DELETE FROM ring
    WHERE priority = old.priority AND user = old.user AND NOT EXISTS (
        SELECT 1 FROM submissions INDEXED BY submissions_waiting
        WHERE status = 'queued' AND priority = old.priority AND user = old.user
    );
END;
