-- Version 5: a session ends with the token with which its user was proved; NULL: no token was shown.
ALTER TABLE sessions ADD COLUMN until INTEGER;
