//! `sonocode clarify …`.

mod watch;

use super::{print_json, session};
use crate::{
    cli::{Clarify, ClarifyAnnounce, ClarifyAnswer, ClarifyAsk, ClarifyList},
    client::NewClarification,
    error::{Code, Error},
    judge::Slug,
    view::{
        clarification,
        terminal::{print, say},
    },
};
use std::io::Read;

pub(super) async fn clarify(clarify: Clarify) -> Result<Code, Error> {
    match clarify {
        Clarify::Ask(args) => ask(args).await,
        Clarify::Answer(args) => answer(args).await,
        Clarify::List(args) => list(args).await,
        Clarify::Announce(args) => announce(args).await,
        Clarify::Watch(args) => watch::watch(args).await,
    }
}

async fn ask(args: ClarifyAsk) -> Result<Code, Error> {
    let content = content(args.text)?;
    session::with(&args.connect.configuration()?, async |session| {
        let new = NewClarification {
            user_id: session.user(args.user),
            content,
            problem: Some(args.problem),
            everyone: false,
        };
        let asked = session.client().clarify("clarifications", &new).await?;
        if args.json {
            print_json(&asked)?;
        } else {
            print(&format!("#{} asked", asked.id))?;
        }
        Ok(Code::OK)
    })
    .await
}

async fn answer(args: ClarifyAnswer) -> Result<Code, Error> {
    let id = args.id.strip_prefix('#').unwrap_or(&args.id);
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Error::Usage(format!("`{id}` is no question; `clarify list` names them")));
    }
    let content = content(args.text)?;
    session::with(&args.connect.configuration()?, async |session| {
        let new = NewClarification {
            user_id: session.user(args.user),
            content,
            problem: None,
            everyone: args.all,
        };
        let path = format!("clarifications/{id}/answers");
        let answered = session.client().clarify(&path, &new).await?;
        let to = if args.all { "everyone" } else { answered.from.as_str() };
        if args.json {
            print_json(&answered)?;
        } else {
            print(&format!("#{id} answered to {to}"))?;
        }
        Ok(Code::OK)
    })
    .await
}

async fn announce(args: ClarifyAnnounce) -> Result<Code, Error> {
    let content = content(args.text)?;
    session::with(&args.connect.configuration()?, async |session| {
        let new = NewClarification {
            user_id: session.user(args.user),
            content,
            problem: args.problem,
            everyone: false,
        };
        let sent = session.client().clarify("announcements", &new).await?;
        if args.json {
            print_json(&sent)?;
        } else {
            print(&format!("#{} announced", sent.id))?;
        }
        Ok(Code::OK)
    })
    .await
}

async fn list(args: ClarifyList) -> Result<Code, Error> {
    session::with(&args.connect.configuration()?, async |session| {
        let limit = args.limit.to_string();
        let filters = [
            ("problem", args.problem.as_ref().map(Slug::as_str)),
            ("user", args.user.as_deref()),
            ("unanswered", args.unanswered.then_some("true")),
            ("limit", Some(limit.as_str())),
        ];
        let query: Vec<_> =
            filters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let found = session.client().clarifications(&query).await?;
        if args.json {
            found.iter().try_for_each(print_json)?;
        } else if found.is_empty() {
            say("there are no such clarifications");
        } else {
            // As they are read: the newest at the end, where the eye is.
            for clarification in found.iter().rev() {
                print(&clarification::block(clarification))?;
            }
        }
        Ok(Code::OK)
    })
    .await
}

/// The text of a message: the argument, or standard input.
fn content(text: String) -> Result<String, Error> {
    let text = if text == "-" {
        let mut read = String::new();
        std::io::stdin().read_to_string(&mut read).map_err(|error| {
            Error::Usage(format!("standard input cannot be read as text: {error}"))
        })?;
        read
    } else {
        text
    };
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::Usage("the text is empty".to_owned()));
    }
    Ok(text.to_owned())
}
