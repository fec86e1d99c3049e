//! The log: messages in one order with the journal, receipts, sessions, and what is swept away.

use crate::ledger::{NO_LIMIT, entry, message, outcome, take, test};
use jiff::Timestamp;
use sonocode::{
    hub::log::{Unknown, locate_pos},
    judge::{Audience, Channel, Entry, NewMessage, SubmissionId},
    ledger::{Cursor, Filter, Keep, Ledger, LedgerError, Receipt, Session, Whose},
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

const LONG: Duration = crate::ledger::LONG;

/// Removes nothing.
pub const NOTHING: Keep =
    Keep { messages: LONG, pending: LONG, sessions: LONG, finished: None, unreceived: LONG };

async fn post(ledger: &dyn Ledger, user: Option<&str>, text: &str) -> u64 {
    ledger.post(vec![message(user, text)]).await.unwrap()[0]
}

async fn read(ledger: &dyn Ledger, whose: &Whose, after: u64) -> Vec<Entry> {
    ledger.log(whose, after, usize::MAX).await.unwrap()
}

/// A session without an end.
fn session(user: &str) -> Session {
    Session { user: user.into(), until: None }
}

fn of(user: &str) -> Whose {
    Whose::User(user.into())
}

fn places(entries: &[Entry]) -> Vec<u64> {
    entries.iter().map(Entry::pos).collect()
}

fn receipt(user: &str, pos: u64) -> Vec<Receipt> {
    vec![Receipt { user: user.into(), pos }]
}

/// Events and messages of several users, one after the other.
async fn fill(ledger: &dyn Ledger) -> Vec<Entry> {
    post(ledger, Some("ada"), "1").await;
    for user in ["ada", "bob"] {
        ledger.submit(entry(user), NO_LIMIT).await.unwrap();
        post(ledger, None, "to all").await;
    }
    let lease = take(ledger, "w").await;
    ledger.post(vec![message(Some("bob"), "2"), message(Some("eve"), "3")]).await.unwrap();
    ledger.finish(&lease, outcome("done")).await.unwrap();
    post(ledger, Some("ada"), "4").await;
    read(ledger, &Whose::All, 0).await
}

pub async fn messages_and_events_have_one_order(ledger: Arc<dyn Ledger>) {
    assert_eq!(ledger.last_place().await.unwrap(), 0);
    let all = fill(&*ledger).await;
    let kinds: String =
        all.iter().map(|e| if matches!(e, Entry::Event(_)) { 'e' } else { 'm' }).collect();
    assert_eq!(kinds, "memememmem");
    assert!(places(&all).is_sorted_by(|a, b| a < b));
    assert_eq!(ledger.last_place().await.unwrap(), all.last().unwrap().pos());
    for pair in all.windows(2) {
        assert!(pair[0].ts() <= pair[1].ts());
    }
    let users: Vec<_> = all.iter().map(|entry| entry.user().unwrap_or("*")).collect();
    assert_eq!(users, ["ada", "ada", "*", "bob", "*", "ada", "bob", "eve", "ada", "ada"]);
}

pub async fn a_log_pages(ledger: Arc<dyn Ledger>) {
    let chat = NewMessage { channel: Channel::Chat, ..message(Some("bob"), "chat") };
    ledger.post(vec![chat]).await.unwrap();
    let all = fill(&*ledger).await;
    for whose in [Whose::All, Whose::Chat, of("ada"), of("bob"), of("eve"), of("ADA"), of("nobody")]
    {
        let expected: Vec<Entry> = all
            .iter()
            .filter(|entry| match &whose {
                Whose::All => true,
                Whose::Chat => matches!(entry, Entry::Message(m) if m.channel == Channel::Chat),
                Whose::User(user) => entry.user().is_none_or(|of| of == user),
            })
            .cloned()
            .collect();
        assert!(ledger.log(&whose, 0, 0).await.unwrap().is_empty());
        for size in 1..=expected.len() + 1 {
            let (mut after, mut paged) = (0, Vec::new());
            loop {
                let page = ledger.log(&whose, after, size).await.unwrap();
                assert!(page.len() <= size);
                let Some(last) = page.last() else { break };
                after = last.pos();
                paged.extend(page);
            }
            assert_eq!(paged, expected, "{whose:?} in pages of {size}");
        }
        for after in [all.last().unwrap().pos(), 1 << 40, i64::MAX as u64, u64::MAX] {
            assert!(read(&*ledger, &whose, after).await.is_empty());
        }
    }
}

pub async fn messages_stay_as_they_are(ledger: Arc<dyn Ledger>) {
    let user = "Ada \u{0}🦀 'quoted' \"\n";
    let sent: Vec<NewMessage> = [
        (
            Audience::User(user.into()),
            Channel::Push,
            "submission:result",
            r#"{"z":1.50,"a":[1 ,2]}"#,
        ),
        (Audience::Everyone, Channel::Chat, "", "\"\\u0000\u{0}🦀\""),
        (Audience::User(String::new()), Channel::Chat, "t\u{0}", ""),
    ]
    .map(|(to, channel, topic, payload)| NewMessage {
        to,
        channel,
        topic: topic.into(),
        payload: payload.into(),
    })
    .into();
    let before = Timestamp::now();
    let given = ledger.post(sent.clone()).await.unwrap();
    assert_eq!(given, [1, 2, 3]);
    for (new, entry) in sent.into_iter().zip(read(&*ledger, &Whose::All, 0).await) {
        let Entry::Message(message) = entry else { panic!("{entry:?}") };
        assert_eq!(ledger.message(message.pos).await.unwrap().as_ref(), Some(&message));
        assert!(message.ts.as_second() - before.as_second() <= 60);
        let NewMessage { to, channel, topic, payload } = new;
        assert_eq!((message.to, message.channel), (to, channel));
        assert_eq!((message.topic, message.payload), (topic, payload));
    }
    assert_eq!(read(&*ledger, &of(user), 0).await.len(), 2, "theirs and everyone's");
}

pub async fn what_is_no_message_is_not_found(ledger: Arc<dyn Ledger>) {
    let all = fill(&*ledger).await;
    for entry in &all {
        let found = ledger.message(entry.pos()).await.unwrap();
        assert_eq!(
            found.map(Entry::Message).as_ref() == Some(entry),
            matches!(entry, Entry::Message(_))
        );
    }
    for pos in [0, 99, i64::MAX as u64, u64::MAX] {
        assert_eq!(ledger.message(pos).await.unwrap(), None);
    }
}

pub async fn the_journal_has_no_messages(ledger: Arc<dyn Ledger>) {
    let all = fill(&*ledger).await;
    let events: Vec<_> = all
        .iter()
        .filter_map(|entry| match entry {
            Entry::Event(event) => Some(event.clone()),
            Entry::Message(_) => None,
        })
        .collect();
    assert_eq!(ledger.read(&Cursor::All { after: 0 }, 100).await.unwrap(), events);
    assert_eq!(ledger.counts().await.unwrap().last_pos, events.last().unwrap().pos);
    for size in 1..4 {
        let page = ledger.read(&Cursor::All { after: 0 }, size).await.unwrap();
        assert_eq!(page, events[..size], "a page is full where there are enough events");
    }
}

pub async fn posts_wake_readers_of_the_log_only(ledger: Arc<dyn Ledger>) {
    let (mut grown, mut changed) = (ledger.grown(), ledger.changed());
    assert_eq!(ledger.post(vec![]).await.unwrap(), [0; 0]);
    ledger.receive(receipt("ada", 0)).await.unwrap();
    ledger.keep_session("p", &session("ada")).await.unwrap();
    assert!(!grown.has_changed().unwrap() && !changed.has_changed().unwrap());
    post(&*ledger, Some("ada"), "1").await;
    assert!(grown.has_changed().unwrap() && !changed.has_changed().unwrap());
    grown.mark_unchanged();
    ledger.receive(receipt("ada", 1)).await.unwrap();
    let none = Duration::ZERO;
    let keep = Keep { messages: none, pending: none, sessions: none, ..NOTHING };
    ledger.sweep(&keep, 100).await.unwrap();
    assert!(!grown.has_changed().unwrap());
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    assert!(grown.has_changed().unwrap() && changed.has_changed().unwrap());
    changed.mark_unchanged();
}

pub async fn many_post_at_once(ledger: Arc<dyn Ledger>) {
    const EACH: usize = 60;
    let tasks = (0..8).map(|number| {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            let user = format!("user{}", number % 4);
            let mut own: Vec<(u64, String)> = Vec::new();
            for n in 0..EACH {
                if number < 2 {
                    ledger.submit(entry(&user), NO_LIMIT).await.unwrap();
                }
                let texts = [format!("{number}-{n}-a"), format!("{number}-{n}-b")];
                let messages = texts.iter().map(|text| message(Some(&user), text)).collect();
                let given = ledger.post(messages).await.unwrap();
                assert_eq!(given[1], given[0] + 1, "messages of one post follow on each other");
                own.extend(given.into_iter().zip(texts));
            }
            assert!(own.is_sorted_by(|a, b| a.0 < b.0), "one after the other, in that order");
            own
        })
    });
    let mut posted = BTreeSet::new();
    for task in tasks.collect::<Vec<_>>() {
        posted.extend(task.await.unwrap());
    }
    let all = read(&*ledger, &Whose::All, 0).await;
    assert!(places(&all).is_sorted_by(|a, b| a < b));
    assert_eq!(all.len(), posted.len() + 2 * EACH);
    let written: BTreeSet<(u64, String)> = all
        .into_iter()
        .filter_map(|entry| match entry {
            Entry::Message(message) => Some((message.pos, message.topic)),
            Entry::Event(_) => None,
        })
        .collect();
    assert_eq!(written, posted);
}

pub async fn pages_of_long_entries_are_short(ledger: Arc<dyn Ledger>) {
    const COUNT: usize = 12;
    let payload = format!("\"{}\"", "x".repeat(1 << 20));
    for _ in 0..COUNT {
        let long = NewMessage { payload: payload.clone(), ..message(Some("ada"), "t") };
        ledger.post(vec![long]).await.unwrap();
    }
    for whose in [Whose::All, of("ada")] {
        let (mut after, mut pages, mut count) = (0, 0, 0);
        loop {
            let page = ledger.log(&whose, after, usize::MAX).await.unwrap();
            let Some(last) = page.last() else { break };
            assert!(page.len() < COUNT, "a page that is bounded in bytes");
            (after, pages, count) = (last.pos(), pages + 1, count + page.len());
        }
        assert_eq!(count, COUNT);
        assert!(pages < COUNT, "and not shorter than it must be");
    }
}

pub async fn receipts_only_grow(ledger: Arc<dyn Ledger>) {
    let all = places(&fill(&*ledger).await);
    let last = *all.last().unwrap();
    assert_eq!(ledger.received("ada").await.unwrap(), 0);
    for (pos, expected) in [(0, 0), (3, 3), (2, 3), (0, 3), (5, 5), (last, last), (1, last)] {
        ledger.receive(receipt("ada", pos)).await.unwrap();
        assert_eq!(ledger.received("ada").await.unwrap(), expected);
    }
    ledger.receive(receipt("bob", u64::MAX)).await.unwrap();
    assert_eq!(ledger.received("bob").await.unwrap(), last, "nobody has what is not written");
    let many = [("eve", 4), ("eve", 2), ("Ada", 1)];
    let many = many.map(|(user, pos)| Receipt { user: user.into(), pos });
    ledger.receive(many.into()).await.unwrap();
    let mut known = Vec::new();
    for user in ["ada", "bob", "eve", "Ada", "nobody"] {
        known.push(ledger.received(user).await.unwrap());
    }
    assert_eq!(known, [last, last, 4, 1, 0]);
    ledger.receive(vec![]).await.unwrap();
}

pub async fn sessions_are_their_users(ledger: Arc<dyn Ledger>) {
    assert_eq!(ledger.session("p").await.unwrap(), None);
    let until = Timestamp::from_microsecond(1_800_000_000_123_456).unwrap();
    let ended = Session { until: Some(until), ..session("bob") };
    ledger.keep_session("p", &session("ada")).await.unwrap();
    ledger.keep_session("q", &ended).await.unwrap();
    ledger.keep_session("p", &session("eve")).await.unwrap();
    assert_eq!(ledger.session("p").await.unwrap(), Some(session("eve")));
    assert_eq!(ledger.session("q").await.unwrap(), Some(ended));
    assert_eq!(ledger.session("P").await.unwrap(), None);
    ledger.keep_session("q", &session("bob")).await.unwrap();
    assert_eq!(ledger.session("q").await.unwrap(), Some(session("bob")), "without an end again");
}

pub async fn times_have_places(ledger: Arc<dyn Ledger>) {
    let soon = || Timestamp::now() + Duration::from_secs(60);
    assert_eq!(ledger.place_before(soon()).await.unwrap(), 0);
    let all = fill(&*ledger).await;
    let last = all.last().unwrap().pos();
    assert_eq!(ledger.place_before(soon()).await.unwrap(), last);
    for entry in &all {
        let older = all.iter().rev().find(|older| older.ts() < entry.ts()).map_or(0, Entry::pos);
        assert_eq!(ledger.place_before(entry.ts()).await.unwrap(), older);
    }
    assert_eq!(ledger.place_before(Timestamp::MIN).await.unwrap(), 0);
    assert_eq!(ledger.place_before(Timestamp::MAX).await.unwrap(), last);
}

pub async fn what_is_past_its_time_is_swept(ledger: Arc<dyn Ledger>) {
    let young = NOTHING;
    let received = Keep { messages: Duration::ZERO, ..young };
    let old = Keep { pending: Duration::ZERO, ..received };
    let mut pushed = Vec::new();
    for user in [Some("ada"), Some("ada"), Some("bob"), None] {
        pushed.push(post(&*ledger, user, "t").await);
    }
    let chat = NewMessage { channel: Channel::Chat, ..message(Some("ada"), "chat") };
    let chat = ledger.post(vec![chat]).await.unwrap()[0];
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    ledger.keep_session("p", &session("ada")).await.unwrap();
    ledger.receive(receipt("ada", pushed[0])).await.unwrap();
    let left = async || places(&read(&*ledger, &Whose::All, 0).await);

    assert_eq!(ledger.sweep(&young, 100).await.unwrap(), 0);
    assert_eq!(ledger.sweep(&received, 100).await.unwrap(), 1, "what ada has received");
    let last = ledger.last_place().await.unwrap();
    assert_eq!(
        left().await,
        [pushed[1], pushed[2], pushed[3], chat, last],
        "what is pending stays"
    );
    assert_eq!(ledger.sweep(&old, 2).await.unwrap(), 2, "no more than were asked for");
    assert_eq!(left().await, [pushed[3], chat, last], "the oldest first");
    assert_eq!(ledger.sweep(&old, 2).await.unwrap(), 1);
    assert_eq!(ledger.sweep(&old, 2).await.unwrap(), 0, "chat and journal stay for ever");
    assert_eq!(left().await, [chat, last]);
    assert!(ledger.session("p").await.unwrap().is_some());
    assert_eq!(ledger.sweep(&Keep { sessions: Duration::ZERO, ..young }, 2).await.unwrap(), 1);
    assert!(ledger.session("p").await.unwrap().is_none());
    assert_eq!(ledger.received("ada").await.unwrap(), pushed[0], "receipts stay");
}

pub async fn places_are_given_once(ledger: Arc<dyn Ledger>) {
    let old = Keep { messages: Duration::ZERO, pending: Duration::ZERO, ..NOTHING };
    let first = post(&*ledger, Some("ada"), "t").await;
    let second = post(&*ledger, Some("ada"), "t").await;
    assert_eq!(ledger.sweep(&old, 100).await.unwrap(), 2);
    assert_eq!(ledger.last_place().await.unwrap(), second);
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    let third = post(&*ledger, Some("ada"), "t").await;
    let left = read(&*ledger, &Whose::All, 0).await;
    assert_eq!((first, places(&left)), (1, vec![second + 1, third]));
}

/// The last place of a submission's events.
async fn last_of(ledger: &dyn Ledger, id: SubmissionId) -> u64 {
    let cursor = Cursor::Submission { id, after: 0 };
    ledger.read(&cursor, usize::MAX).await.unwrap().last().unwrap().pos
}

pub async fn what_ended_is_swept_whole(ledger: Arc<dyn Ledger>) {
    for user in ["ada", "bob", "ada", "eve"] {
        ledger.submit(entry(user), NO_LIMIT).await.unwrap();
    }
    ledger.cancel(SubmissionId(4)).await.unwrap();
    let mut of_ada = Vec::new();
    for _ in 0..3 {
        let lease = take(&*ledger, "w").await;
        ledger.append(&lease, vec![test("1"), test("2")]).await.unwrap();
        ledger.finish(&lease, outcome("done")).await.unwrap();
        if lease.submission.user == "ada" {
            of_ada.push(lease.submission.id);
        }
    }
    ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    let [first, second] = of_ada[..] else { panic!("ada was served {} times", of_ada.len()) };
    let pushed = post(&*ledger, Some("ada"), "t").await;
    let received = Keep { finished: Some(Duration::ZERO), ..NOTHING };
    let all = Keep { unreceived: Duration::ZERO, ..received };

    for keep in [NOTHING, Keep { finished: Some(LONG), unreceived: Duration::ZERO, ..NOTHING }] {
        assert_eq!(ledger.sweep(&keep, 100).await.unwrap(), 0, "nothing is old");
    }
    assert_eq!(ledger.sweep(&received, 100).await.unwrap(), 0, "nobody has received anything");
    let cut = last_of(&*ledger, first).await;
    ledger.receive(receipt("ada", cut)).await.unwrap();
    assert_eq!(ledger.cut().await.unwrap(), 0);
    assert_eq!(ledger.sweep(&received, 100).await.unwrap(), 1);
    assert_eq!(ledger.cut().await.unwrap(), cut);
    let gone = async |id| {
        let cursor = Cursor::Submission { id, after: 0 };
        matches!(ledger.submission(id).await, Err(LedgerError::NotFound(_)))
            && matches!(ledger.read(&cursor, 9).await, Err(LedgerError::NotFound(_)))
            && matches!(ledger.rejudge(id).await, Err(LedgerError::NotFound(_)))
    };
    assert!(gone(first).await && !gone(second).await);
    for whose in [Whose::All, of("ada")] {
        let left = read(&*ledger, &whose, 0).await;
        let events = |id| left.iter().any(|e| matches!(e, Entry::Event(e) if e.submission == id));
        assert!(!events(first) && events(second), "{whose:?}: {left:?}");
        assert!(places(&left).contains(&pushed));
    }
    let counts = ledger.counts().await.unwrap();
    assert_eq!((counts.queued, counts.finished, counts.cancelled), (1, 2, 1));

    // Who has read up to a place before the cut is told that there are holes, who begins anew is not.
    let place = async |pos| locate_pos(&*ledger, pos).await.unwrap();
    assert_eq!(place(cut - 1).await, Err(Unknown::Swept(cut - 1, cut)));
    assert_eq!((place(0).await, place(cut).await), (Ok(0), Ok(cut)));

    assert_eq!(ledger.sweep(&all, 1).await.unwrap(), 1, "no more than were asked for");
    while ledger.sweep(&all, 1).await.unwrap() > 0 {}
    assert_eq!(ledger.sweep(&all, 100).await.unwrap(), 0);
    let filter = Filter { limit: 100, ..Filter::default() };
    let left = ledger.submissions(&filter).await.unwrap();
    assert_eq!(left.iter().map(|s| s.id.0).collect::<Vec<_>>(), [5], "what waits");
    let counts = ledger.counts().await.unwrap();
    assert_eq!((counts.finished, counts.cancelled), (0, 0));
    let waits = last_of(&*ledger, SubmissionId(5)).await;
    assert_eq!(places(&read(&*ledger, &Whose::All, 0).await), [waits, pushed]);
    let next = ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    assert_eq!(next.id, SubmissionId(6), "no number is given twice");
}

pub async fn what_has_not_ended_stays(ledger: Arc<dyn Ledger>) {
    let all = Keep { finished: Some(Duration::ZERO), unreceived: Duration::ZERO, ..NOTHING };
    for _ in 0..4 {
        ledger.submit(entry("ada"), NO_LIMIT).await.unwrap();
    }
    let lease = take(&*ledger, "w").await;
    ledger.finish(&lease, outcome("done")).await.unwrap();
    let held = take(&*ledger, "w").await;
    let again = take(&*ledger, "w").await;
    ledger.finish(&again, outcome("done")).await.unwrap();
    ledger.rejudge(again.submission.id).await.unwrap();
    assert_eq!(ledger.sweep(&all, 100).await.unwrap(), 1);
    // What runs can go on, what waits comes next, and what is judged again has its whole story.
    ledger.append(&held, vec![test("1")]).await.unwrap();
    ledger.finish(&held, outcome("done")).await.unwrap();
    assert_eq!(take(&*ledger, "w").await.submission.id, SubmissionId(4));
    assert_eq!(take(&*ledger, "w").await.submission.id, again.submission.id);
    let cursor = Cursor::Submission { id: again.submission.id, after: 0 };
    let events = ledger.read(&cursor, 100).await.unwrap();
    assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(ledger.sweep(&all, 100).await.unwrap(), 1, "what has ended meanwhile");
}

pub async fn the_epoch_is_a_name(ledger: Arc<dyn Ledger>) {
    let epoch = ledger.epoch();
    assert!(epoch.len() >= 8 && epoch.bytes().all(|b| b.is_ascii_alphanumeric()), "{epoch}");
}
