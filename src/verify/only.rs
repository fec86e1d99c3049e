//! One damaged input, or one kind of junk, by itself: what the command of a finding shows again.

use super::{
    fuzz,
    mutate::Damage,
    report::Only,
    session::{Session, cut},
};

/// A text is shown up to so many characters.
const SHOWN: usize = 300;

/// Why what is asked for is not there; `None` when it is, or when nothing is asked for.
pub(super) fn unknown(session: &Session<'_>) -> Option<String> {
    let (mutant, junk) = (&session.options.mutant, &session.options.junk);
    let damages = Damage::ALL.map(Damage::name);
    for (only, kinds) in [(mutant, &damages[..]), (junk, &fuzz::KINDS[..])] {
        let Some(Only { kind, test }) = only else { continue };
        if !kinds.contains(&kind.as_str()) {
            return Some(format!("`{kind}` is none of {}", kinds.join(", ")));
        }
        if place(session, test).is_none() {
            return Some(format!("there is no test `{test}`"));
        }
    }
    let problem = &session.stored.problem;
    if mutant.is_some() && problem.validators.is_empty() {
        return Some("there are no validators to show a damaged input to".to_owned());
    }
    if junk.is_some() && problem.checker.is_none() {
        return Some("there is no checker to show junk to".to_owned());
    }
    None
}

fn place(session: &Session<'_>, test: &str) -> Option<usize> {
    session.stored.problem.tests.iter().position(|known| known.name == test)
}

/// Of what was made of the tests, keeps that of one test and one kind, where that is all that is asked for.
pub(super) fn keep<T>(
    session: &Session<'_>,
    only: Option<&Only>,
    made: &mut Vec<(usize, T)>,
    kind: impl Fn(&T) -> &'static str,
) {
    if let Some(only) = only {
        made.retain(|(at, one)| session.test(*at) == only.test && kind(one) == only.kind);
    }
}

/// The test that is asked for, where it is not among those of which something is made anyway.
pub(super) fn further(
    session: &Session<'_>,
    only: Option<&Only>,
    tests: &[usize],
) -> Option<usize> {
    let at = place(session, &only?.test)?;
    (!tests.contains(&at)).then_some(at)
}

/// Bytes as a finding shows them: in quotes, with what cannot be seen written out.
pub(super) fn shown(bytes: &[u8]) -> String {
    let head = &bytes[..bytes.len().min(4 * SHOWN)];
    let text = format!("{:?}", String::from_utf8_lossy(head));
    format!("{} ({} bytes)", cut(&text, SHOWN), bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        assert_eq!(shown(b"1 2\r\n"), r#""1 2\r\n" (5 bytes)"#);
        assert_eq!(shown(b""), r#""" (0 bytes)"#);
        let long = shown(&vec![b'x'; 100_000]);
        assert!(long.ends_with("… (100000 bytes)") && long.len() < 400, "{long}");
    }
}
