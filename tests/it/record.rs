//! What is known of submissions whose judges die, and whether it is as it ought to be.

use crate::house::House;
use sonocode::judge::{Event, EventBody};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of the submissions. Each one's user is the verdict that it must get, so that the journal itself says what
/// is right.
#[derive(Default)]
pub struct Record {
    /// Those that were answered with 201.
    pub accepted: BTreeSet<String>,
    /// Those that have their verdict.
    pub finished: BTreeSet<String>,
    /// The place of the last event that was seen.
    pub last: u64,
    /// Verdicts that came although there was one.
    pub again: Vec<Event>,
}

/// What the whole journal shows in the end.
#[derive(Debug, Default)]
pub struct Audit {
    pub submissions: usize,
    /// How many each user has.
    pub users: BTreeMap<String, usize>,
    /// How often one was given back to the queue.
    pub requeued: usize,
    /// Accepted, and without a verdict or without a trace.
    pub lost: Vec<String>,
    /// With more than one verdict, or with something after it.
    pub double: Vec<String>,
    /// With another verdict than the right one, or with a life that is torn.
    pub wrong: Vec<String>,
}

impl Record {
    /// Whether a submission has its verdict with this event.
    pub fn note(&mut self, event: &Event) -> bool {
        assert!(event.pos > self.last, "{event:?} after {}", self.last);
        self.last = event.pos;
        let ended = matches!(event.body, EventBody::Finished(_));
        if ended && !self.finished.insert(event.submission.to_string()) {
            self.again.push(event.clone());
        }
        ended
    }

    /// Whether every submission that was accepted has its verdict.
    pub fn is_settled(&self) -> bool {
        self.accepted.is_subset(&self.finished)
    }

    /// Compares with the whole journal as it is in the end.
    pub async fn audit(&self, house: &House) -> Audit {
        let lives = lives(house).await;
        let mut audit = Audit { submissions: lives.len(), ..Audit::default() };
        audit.double.extend(self.again.iter().map(|event| format!("a second verdict: {event:?}")));
        for (id, life) in &lives {
            audit.examine(id, life);
        }
        let unknown = self.accepted.iter().filter(|id| !lives.contains_key(*id));
        audit.lost.extend(unknown.map(|id| format!("#{id}: accepted, and not in the journal")));
        audit
    }
}

impl Audit {
    /// A submission whose answer a kill cut off may be there too, and is then judged as well.
    fn examine(&mut self, id: &str, life: &[Event]) {
        let count = |wanted: fn(&EventBody) -> bool| {
            life.iter().filter(|event| wanted(&event.body)).count()
        };
        let verdicts = count(|body| matches!(body, EventBody::Finished(_)));
        let again = count(|body| matches!(body, EventBody::Requeued { .. }));
        let starts = count(|body| matches!(body, EventBody::Started { .. }));
        self.requeued += again;
        *self.users.entry(life[0].user.clone()).or_default() += 1;
        let told = || format!("#{id}: {life:#?}");
        match &life[life.len() - 1].body {
            EventBody::Finished(_) if verdicts > 1 => self.double.push(told()),
            EventBody::Finished(outcome) => {
                let whole = life.iter().map(|event| event.seq).eq(1..=life.len() as u64);
                let right = outcome.verdict.code() == life[0].user;
                if !(whole && right && starts == again + 1) {
                    self.wrong.push(told());
                }
            }
            _ if verdicts > 0 => self.double.push(told()),
            _ => self.lost.push(told()),
        }
    }

    /// Nothing is lost, double or wrong.
    pub fn assert_clean(&self) {
        assert!(self.is_clean(), "{self:#?}");
    }

    pub fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.double.is_empty() && self.wrong.is_empty()
    }
}

/// The journal, by submission.
async fn lives(house: &House) -> BTreeMap<String, Vec<Event>> {
    let mut lives: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    let mut after = 0;
    loop {
        let page = house.get(&format!("/api/v1/events?after={after}")).await.body;
        let events: Vec<Event> = serde_json::from_value(page["data"]["events"].clone()).unwrap();
        if events.is_empty() {
            return lives;
        }
        after = page["data"]["next"].as_u64().unwrap();
        for event in events {
            lives.entry(event.submission.to_string()).or_default().push(event);
        }
    }
}
