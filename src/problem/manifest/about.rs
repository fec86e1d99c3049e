//! Where a problem comes from, and how its time limit follows from its solutions: `[about]`, `[timing]`.

use super::{Reader, Value};
use crate::judge::{About, Timing};
use std::collections::BTreeMap;

const LONGEST_LABEL: usize = 200;
const LONGEST_ADDRESS: usize = 2000;
const MOST_AUTHORS: usize = 100;
const MOST_FACTOR: f64 = 1000.0;
const MOST_RESOLUTION_MS: u64 = 600_000;

/// Whether a text can be a language of people, such as `en` or `pt-BR`.
pub(in crate::problem) fn is_tongue(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

impl Reader<'_> {
    pub(super) fn about(&mut self, value: &Value<'_>) -> About {
        let mut about = About::default();
        let known = [
            "format",
            "uuid",
            "language",
            "titles",
            "authors",
            "source",
            "source_url",
            "license",
            "rights_owner",
        ];
        for (key, field, value) in self.known(value, "about", &known) {
            let label = |reader: &mut Self, most| reader.label(value, &field, most);
            match key {
                "format" => about.format = label(self, LONGEST_LABEL),
                "uuid" => about.uuid = label(self, LONGEST_LABEL),
                "language" => about.language = self.tongue(value, &field),
                "titles" => about.titles = self.titles(value),
                "authors" => about.authors = self.authors(value),
                "source" => about.source = label(self, LONGEST_LABEL),
                "source_url" => about.source_url = label(self, LONGEST_ADDRESS),
                "license" => about.license = label(self, LONGEST_LABEL),
                _ => about.rights_owner = label(self, LONGEST_LABEL),
            }
        }
        about
    }

    fn tongue(&mut self, value: &Value<'_>, field: &str) -> Option<String> {
        let text = self.string(value, field)?;
        if is_tongue(&text) {
            return Some(text);
        }
        let message = format!("`{text}` is no language; write it as `en` or `pt-BR`");
        self.wrong(&value.span(), field, message);
        None
    }

    fn titles(&mut self, value: &Value<'_>) -> BTreeMap<String, String> {
        let mut titles = BTreeMap::new();
        for (key, value) in self.table(value, "about.titles").into_iter().flatten() {
            let name = key.get_ref().as_ref();
            let field = format!("about.titles.{name}");
            if !is_tongue(name) {
                let message = format!("`{name}` is no language; write it as `en` or `pt-BR`");
                self.wrong(&key.span(), &field, message);
            } else if let Some(title) = self.label(value, &field, LONGEST_LABEL) {
                titles.insert(name.to_owned(), title);
            }
        }
        titles
    }

    fn authors(&mut self, value: &Value<'_>) -> Vec<String> {
        let Some(list) = value.get_ref().as_array() else {
            self.wrong_type(value, "about.authors", "a list of strings");
            return Vec::new();
        };
        if list.len() > MOST_AUTHORS {
            let message = format!("more than {MOST_AUTHORS} authors");
            self.wrong(&value.span(), "about.authors", message);
            return Vec::new();
        }
        let label = |item| self.label(item, "about.authors", LONGEST_LABEL);
        list.iter().filter_map(label).collect()
    }

    pub(super) fn timing(&mut self, value: &Value<'_>) -> Option<Timing> {
        self.table(value, "timing")?;
        let mut timing = Timing {
            ac_to_time_limit: 2.0,
            time_limit_to_tle: 1.5,
            resolution_ms: 1000,
            inferred: false,
        };
        let known = ["ac_to_time_limit", "time_limit_to_tle", "resolution_ms", "inferred"];
        for (key, field, value) in self.known(value, "timing", &known) {
            match key {
                "ac_to_time_limit" => {
                    timing.ac_to_time_limit = self.factor(value, &field).unwrap_or(2.0);
                }
                "time_limit_to_tle" => {
                    timing.time_limit_to_tle = self.factor(value, &field).unwrap_or(1.5);
                }
                "resolution_ms" => match self.whole(value, &field) {
                    Some(number @ 1..=MOST_RESOLUTION_MS) => timing.resolution_ms = number,
                    Some(number) => {
                        let message = format!("{number} is outside 1 to {MOST_RESOLUTION_MS}");
                        self.wrong(&value.span(), &field, message);
                    }
                    None => {}
                },
                _ => timing.inferred = self.truth(value, &field),
            }
        }
        Some(timing)
    }

    fn factor(&mut self, value: &Value<'_>, field: &str) -> Option<f64> {
        let number = self.number(value, field)?;
        if (1.0..=MOST_FACTOR).contains(&number) {
            return Some(number);
        }
        self.wrong(&value.span(), field, format!("{number} is outside 1 to {MOST_FACTOR}"));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::is_tongue;

    #[test]
    fn tongues() {
        for good in ["en", "EN", "pt-BR", "zh-Hans-CN", "gsw"] {
            assert!(is_tongue(good), "{good}");
        }
        for bad in ["", "e", "english", "en-", "en_GB", "-en", "é", "en-toolongpart", "en/.."] {
            assert!(!is_tongue(bad), "{bad}");
        }
    }
}
