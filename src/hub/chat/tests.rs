#![allow(clippy::unwrap_used)] // A test may panic.

use super::{
    frame::{self, Request},
    record::{Notice, Said},
    *,
};
use crate::{
    hub::place::Place,
    judge::{Audience, Message},
};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

fn user(name: &str) -> Person {
    Person::new(name.into(), false, false).unwrap()
}

fn setter(name: &str) -> Person {
    Person::new(name.into(), true, false).unwrap()
}

fn draft(content: &str) -> Draft {
    Draft { content: content.into(), ..Draft::default() }
}

/// A log that is written and noted without a ledger.
#[derive(Default)]
struct Log {
    book: book::Book,
    pos: u64,
}

impl Log {
    fn write(&mut self, to: Audience, said: &Said) -> u64 {
        // Places have gaps: the journal has some of them.
        self.pos += 3;
        let new = said.for_(to);
        let message = Message {
            pos: self.pos,
            ts: Timestamp::UNIX_EPOCH,
            to: new.to,
            channel: new.channel,
            topic: new.topic,
            payload: new.payload,
        };
        // What is written is read back as it was.
        assert_eq!(Said::of(&message).as_ref(), Some(said));
        self.book.note(&message, said);
        self.pos
    }

    fn send(&mut self, person: &Person, draft: Draft) -> Result<u64, Refusal> {
        let (to, letter) = self.book.address(person, draft)?;
        Ok(self.write(to, &Said::Message(letter)))
    }

    fn all(&self, person: &Person) -> Vec<u64> {
        let mut places = vec![0];
        while let Some(next) = self.book.next(person, *places.last().unwrap()) {
            places.push(next);
        }
        places.split_off(1)
    }
}

#[test]
fn each_gets_their_own_in_one_order() {
    let (ada, bob, eve) = (user("ada"), user("bob"), user("eve"));
    let (root, boss) = (setter("root"), setter("boss"));
    let mut log = Log::default();
    let to = |to: &str| Some(to.to_owned());
    let hello = log.send(&ada, Draft { to: to("bob"), ..draft("hello") }).unwrap();
    let problem = "two-sum".parse().ok();
    let question = log.send(&ada, Draft { problem, ..draft("0 or 1 based?") }).unwrap();
    let answer = log.send(&root, Draft { thread: Some(question), ..draft("0") }).unwrap();
    let loud = Draft { thread: Some(question), to: to(EVERYONE), ..draft("0, for all") };
    let public = log.send(&boss, loud).unwrap();
    let news = log.send(&boss, Draft { to: to(EVERYONE), ..draft("lunch") }).unwrap();
    let notice = Notice { message: hello, by: "bob".into() };
    let delivered = log.write(Audience::User("ada".into()), &Said::Delivered(notice.clone()));
    let read = log.write(Audience::User("ada".into()), &Said::Read(notice));

    assert_eq!(log.all(&ada), [hello, question, answer, public, news, delivered, read]);
    assert_eq!(log.all(&bob), [hello, public, news, read]);
    assert_eq!(log.all(&eve), [public, news]);
    assert_eq!(log.all(&root), [question, answer, public, news]);
    assert_eq!(log.all(&boss), [question, answer, public, news]);
    let thread = log.book.visible(&ada, question).unwrap();
    assert_eq!((thread.replies, thread.answered), (vec![answer, public], true));
    assert_eq!(thread.problem.unwrap().as_str(), "two-sum");
    // Who was not there sees what went to everyone, and not what did not.
    assert_eq!(log.book.visible(&eve, question).unwrap().replies, [public]);
}

#[test]
fn threads_of_others_are_closed() {
    let (ada, eve, root) = (user("ada"), user("eve"), setter("root"));
    let mut log = Log::default();
    let ask = |text| Draft { to: Some(SETTERS.into()), ..draft(text) };
    let question = log.send(&ada, ask("why?")).unwrap();
    let intrude = Draft { thread: Some(question), ..draft("me too") };
    let refused = log.send(&eve, intrude.clone()).unwrap_err();
    let absent = log.send(&eve, Draft { thread: Some(999), ..draft("x") }).unwrap_err();
    assert_eq!((refused.kind(), absent.kind()), (RefusalKind::NotFound, RefusalKind::NotFound));
    assert_eq!(refused.message().replace(&question.to_string(), "999"), absent.message());
    assert_eq!(log.book.visible(&eve, question), None);
    assert_eq!(log.book.read(&eve, question).unwrap_err().kind(), RefusalKind::NotFound);
    // Nor does it open to who answers in the place of a setter, or elsewhere than it should.
    let forged = Draft { to: Some("ada".into()), ..intrude };
    assert_eq!(log.send(&ada, forged).unwrap_err().kind(), RefusalKind::Forbidden);
    let astray = Draft { thread: Some(question), to: Some("eve".into()), ..draft("x") };
    assert_eq!(log.send(&root, astray).unwrap_err().kind(), RefusalKind::BadFrame);
    assert_eq!(log.all(&eve), [0; 0]);
    let more = log.send(&ada, Draft { thread: Some(question), ..draft("please") }).unwrap();
    assert_eq!(log.all(&root), [question, more]);
    assert!(!log.book.visible(&root, question).unwrap().answered);
    log.send(&root, Draft { thread: Some(question), ..draft("because") }).unwrap();
    assert!(log.book.visible(&root, question).unwrap().answered);
}

#[test]
fn messages_between_two_are_answered_between_two() {
    let (ada, bob, eve, root) = (user("ada"), user("bob"), user("eve"), setter("root"));
    let mut log = Log::default();
    let to = |to: &str| Some(to.to_owned());
    let hello = log.send(&ada, Draft { to: to("bob"), ..draft("hello") }).unwrap();
    let reply = |thread| Draft { thread: Some(thread), ..draft("x") };
    let back = log.send(&bob, reply(hello)).unwrap();
    let on = log.send(&ada, reply(hello)).unwrap();
    assert_eq!(log.all(&ada), [hello, back, on]);
    assert_eq!(log.all(&bob), [hello, back, on]);
    assert_eq!((log.all(&root), log.all(&eve)), (Vec::new(), Vec::new()));
    for person in [&eve, &root] {
        let refused = log.send(person, reply(hello)).unwrap_err();
        assert_eq!(refused.kind(), RefusalKind::NotFound);
    }
    // A word to everyone is answered to the setters, and what belongs to a question to the question.
    let news = log.send(&root, Draft { to: to(EVERYONE), ..draft("lunch") }).unwrap();
    let when = log.send(&eve, reply(news)).unwrap();
    assert_eq!(log.all(&root), [news, when]);
    assert!(!log.book.visible(&eve, when).unwrap().answered);
    let question = log.send(&ada, Draft { to: to(SETTERS), ..draft("why?") }).unwrap();
    let answer = log.send(&root, reply(question)).unwrap();
    let more = log.send(&ada, reply(answer)).unwrap();
    let last = log.send(&root, reply(more)).unwrap();
    assert_eq!(log.book.visible(&ada, question).unwrap().replies, [answer, more, last]);
}

#[test]
fn receipts_are_told_once_and_only_of_what_was_for_one() {
    let (ada, bob, root) = (user("ada"), user("bob"), setter("root"));
    let mut log = Log::default();
    let to = |to: &str| Some(to.to_owned());
    let first = log.send(&ada, Draft { to: to("bob"), ..draft("1") }).unwrap();
    let second = log.send(&ada, Draft { to: to("bob"), ..draft("2") }).unwrap();
    let own = log.send(&bob, Draft { to: to("bob"), ..draft("to myself") }).unwrap();
    let news = log.send(&root, Draft { to: to(EVERYONE), ..draft("news") }).unwrap();
    assert_eq!(log.book.undelivered(&bob, 0, first), [(first, "ada".to_owned())]);
    assert_eq!(log.book.undelivered(&bob, first, news), [(second, "ada".to_owned())]);
    let notice = Notice { message: first, by: "bob".into() };
    log.write(Audience::User("ada".into()), &Said::Delivered(notice.clone()));
    assert_eq!(log.book.undelivered(&bob, 0, u64::MAX), [(second, "ada".to_owned())]);

    assert_eq!(log.book.read(&bob, first), Ok(Some(Audience::User("ada".into()))));
    log.write(Audience::User("ada".into()), &Said::Read(notice));
    assert_eq!(log.book.read(&bob, first), Ok(None));
    assert_eq!(log.book.read(&bob, news), Ok(Some(Audience::User("bob".into()))));
    for (person, id) in [(&ada, first), (&bob, own), (&bob, 998), (&root, second)] {
        assert!(log.book.read(person, id).is_err(), "{person:?} {id}");
    }
}

#[test]
fn drafts_with_mistakes_are_refused() {
    let ada = user("ada");
    let log = Log::default();
    let refused = |draft| log.book.address(&ada, draft).unwrap_err().kind();
    let to = |to: &str, content: &str| Draft { to: Some(to.into()), ..draft(content) };
    assert_eq!(refused(to("bob", " \n")), RefusalKind::BadFrame);
    assert_eq!(refused(draft("to nobody")), RefusalKind::BadFrame);
    assert_eq!(refused(to("bob", &"x".repeat(CONTENT_MAX + 1))), RefusalKind::TooLarge);
    assert_eq!(refused(to(EVERYONE, "hear!")), RefusalKind::Forbidden);
    for name in ["", "@bob", "a\nb", &"x".repeat(129)] {
        assert_eq!(refused(to(name, "x")), RefusalKind::BadFrame, "{name:?}");
        assert!(Person::new(name.into(), false, false).is_err(), "{name:?}");
    }
    let trusted = Person::new("ada".into(), false, true).unwrap();
    assert!(log.book.address(&trusted, to(EVERYONE, "hear!")).is_ok());
}

#[test]
fn frames_are_read() {
    let ada = user("ada");
    let read = |value: Value| Request::parse(&value.to_string(), &ada);
    let sent = read(json!({
        "type": "SEND_MESSAGE", "from": "ada", "to": "bob", "clientId": "c1", "problem": "two-sum",
        "thread": "12", "content": "hi", "unknown": [1]
    }));
    let whole = Draft {
        to: Some("bob".into()),
        client_id: Some("c1".into()),
        problem: "two-sum".parse().ok(),
        thread: Some(12),
        content: "hi".into(),
    };
    assert_eq!(sent, Ok(Request::Send(whole)));
    assert_eq!(read(json!({"type": "MESSAGE_READ", "messageId": 7})), Ok(Request::Read(7)));
    let typing = Request::Typing { to: "bob".into(), thread: None, typing: true };
    assert_eq!(read(json!({"type": "TYPING", "to": "bob"})), Ok(typing));
    assert_eq!(read(json!({"type": "CONNECTION_CLOSE"})), Ok(Request::Close));
}

#[test]
fn frames_with_mistakes_name_them() {
    let ada = user("ada");
    let code = |text: &str| {
        let (refusal, id) = Request::parse(text, &ada).unwrap_err();
        (refusal.code(), refusal.message().to_owned(), id)
    };
    for (frame, word) in [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[]", "JSON object"),
        ("{}", "`type` is missing"),
        (r#"{"type":1}"#, "`type` must be a string"),
        (r#"{"type":"DROP"}"#, "SEND_MESSAGE, MESSAGE_READ"),
        (r#"{"type":"SEND_MESSAGE","to":"bob"}"#, "`content` is missing"),
        (r#"{"type":"SEND_MESSAGE","to":["bob"],"content":"x"}"#, "`to` must be a string"),
        (r#"{"type":"SEND_MESSAGE","content":{},"to":"bob"}"#, "`content` must be"),
        (r#"{"type":"SEND_MESSAGE","content":"x","thread":-1}"#, "`thread` must be"),
        (r#"{"type":"SEND_MESSAGE","content":"x","problem":"Two Sum"}"#, "no slug"),
        (r#"{"type":"SEND_MESSAGE","content":"x","clientId":""}"#, "`clientId` must have"),
        (r#"{"type":"MESSAGE_READ"}"#, "`messageId` is missing"),
        (r#"{"type":"MESSAGE_READ","messageId":"x"}"#, "`messageId` must be"),
        (r#"{"type":"TYPING"}"#, "`to` is missing"),
        (r#"{"type":"TYPING","to":"bob","isTyping":"yes"}"#, "`isTyping` must be"),
    ] {
        let (code, message, _) = code(frame);
        assert_eq!(code, "bad_frame", "{frame}");
        assert!(message.contains(word), "{frame}: {message}");
    }
    let spoofed =
        r#"{"type":"SEND_MESSAGE","clientId":"c9","from":"bob","to":"eve","content":"x"}"#;
    let (code, message, id) = code(spoofed);
    assert_eq!((code, id.as_deref()), ("forbidden", Some("c9")));
    assert!(message.contains("`ada`"), "{message}");
}

#[test]
fn an_own_message_is_its_acknowledgement() {
    let letter = Letter {
        from: "ada".into(),
        client_id: Some("c1".into()),
        problem: None,
        thread: None,
        quote: None,
        content: "hi".into(),
    };
    let said = Said::Message(letter);
    let new = said.for_(Audience::User("bob".into()));
    let message = Message {
        pos: 7,
        ts: Timestamp::UNIX_EPOCH,
        to: new.to,
        channel: new.channel,
        topic: new.topic,
        payload: new.payload,
    };
    let place = Place::whole("e1", 7);
    assert_eq!(
        frame::entry(&message, &said, &user("ada"), &place),
        r#"{"type":"MESSAGE_SENT","messageId":"7","from":"ada","to":"bob","clientId":"c1","content":"hi","ts":"1970-01-01T00:00:00Z","place":"e1:7"}"#
    );
    assert_eq!(
        frame::entry(&message, &said, &user("bob"), &place),
        r#"{"type":"NEW_MESSAGE","messageId":"7","from":"ada","to":"bob","content":"hi","ts":"1970-01-01T00:00:00Z","place":"e1:7"}"#
    );
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let _ = Request::parse(&text, &user("ada"));
    }

    #[test]
    fn any_fields_are_read_or_refused(
        kind in "(SEND_MESSAGE|MESSAGE_READ|TYPING|x)",
        name in "(to|from|content|thread|problem|clientId|messageId|isTyping)",
        value in "(null|1|-1|1e99|\"x\"|\"\"|\\[\\]|\\{\\}|true)",
    ) {
        let text = format!(r#"{{"type":"{kind}","to":"bob","content":"x","{name}":{value}}}"#);
        let _ = Request::parse(&text, &user("ada"));
    }
}
