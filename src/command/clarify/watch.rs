//! `sonocode clarify watch`.

use super::{
    super::{
        print_json,
        session::{self, Session},
    },
    clarification,
};
use crate::{
    cli::ClarifyWatch,
    client::{Chat, ClientError, Guest},
    error::{Code, Error},
    view::terminal::{print, say},
};
use serde_json::Value;
use std::time::Duration;

/// Between two attempts to find a daemon again.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) async fn watch(args: ClarifyWatch) -> Result<Code, Error> {
    session::with_signals(&args.connect.configuration()?, async |session, signals| {
        signals.guard(follow(&args, session)).await
    })
    .await
}

/// Shows frames for ever, over as many connections as it takes.
async fn follow(args: &ClarifyWatch, session: &Session) -> Result<Code, Error> {
    let guest = Guest { user: session.user(args.user.clone()), setter: args.setter };
    let mut after = args.after.clone();
    let mut lost = false;
    loop {
        let client = session.client();
        let reason = match client.chat(&guest, after.as_deref()).await {
            Ok(mut chat) => {
                if std::mem::take(&mut lost) {
                    say("the daemon is back");
                }
                show(args, &mut chat, &mut after).await?
            }
            Err(ClientError::Lost(reason)) => reason,
            Err(error) if error.passes() => error.to_string(),
            Err(error) => return Err(error.into()),
        };
        if !std::mem::replace(&mut lost, true) {
            let url = client.url();
            say(&format!("lost the daemon at {url} ({reason}); trying again until it is back"));
        }
        tokio::time::sleep(PAUSE).await;
        // When no daemon is found now, the next attempt looks again.
        let again = session.find_again(&client).await;
        tracing::debug!(reason, ?again, "connection lost");
    }
}

/// Shows what a connection brings until it breaks; returns why. `after` is kept at the last place.
async fn show(
    args: &ClarifyWatch,
    chat: &mut Chat,
    after: &mut Option<String>,
) -> Result<String, Error> {
    loop {
        let frame = match chat.next().await {
            Ok(Some(frame)) => frame,
            Ok(None) => return Ok("the daemon is ending".to_owned()),
            Err(ClientError::Lost(reason)) => return Ok(reason),
            Err(error) => return Err(error.into()),
        };
        if let Some(place) = frame["place"].as_str() {
            *after = Some(place.to_owned());
        }
        if frame["resumed"] == false {
            let reason = frame["reason"].as_str().unwrap_or_default();
            say(&format!("{reason}; showing what is pending"));
        }
        if args.json {
            print_json(&frame)?;
        } else if let Some(line) = line(&frame) {
            print(&line)?;
        }
    }
}

/// A frame for people; `None` where there is nothing for them in it.
fn line(frame: &Value) -> Option<String> {
    let text = |name: &str| frame[name].as_str();
    match text("type")? {
        "NEW_MESSAGE" | "MESSAGE_SENT" => Some(clarification::message(&clarification::Line {
            id: text("messageId")?,
            ts: text("ts")?,
            from: text("from")?,
            to: text("to")?,
            problem: text("problem"),
            thread: text("thread"),
            quote: text("quote"),
            content: text("content")?,
        })),
        _ => None,
    }
}
