//! Submissions and journal in a SQLite file.
