//! `sonocode rejudge`.

use super::{
    print_json,
    session::{self, Session},
    signals::Signals,
    watching::{Watching, labels, show},
};
use crate::{
    cli::Rejudge,
    client::Source,
    error::{Code, Error},
    view::{
        Form, View,
        terminal::{print, say},
    },
};

pub(super) async fn rejudge(args: Rejudge) -> Result<Code, Error> {
    session::with_signals(&args.connect.configuration()?, async |session, signals| {
        obey(&args, session, signals).await
    })
    .await
}

async fn obey(args: &Rejudge, session: &Session, signals: &mut Signals) -> Result<Code, Error> {
    let client = session.client();
    let mut sources = Vec::new();
    for &id in &args.ids {
        let submission = client.rejudge(id).await?;
        if args.watch {
            sources.push((Source::Submission(id), 0));
        } else if args.json {
            print_json(&submission)?;
        } else {
            print(&format!("#{id} is judged again"))?;
        }
    }
    if !args.watch {
        if session.is_own() {
            say("judged while a daemon runs: `sonocode serve`, or `sonocode watch` and the number");
        }
        return Ok(Code::OK);
    }
    let view = View::new(Form::choose(args.json), labels(session).await, args.ids.len() > 1);
    show(&Watching { session, sources, deadline: None }, signals, view, None).await
}
