//! `[generators]`: which program makes which tests.
//!
//! ```toml
//! [generators]
//! "03-large" = ["gen.py", "7"]          # one test
//!
//! [generators.random]                   # random-1, random-2 and random-3
//! program = "gen.py"
//! args = ["1000", "{seed}"]
//! seeds = [17, 4, 99]                   # or count = 3, and seed = 17: then 17, 18 and 19
//! ```
//!
//! The number takes the place of the last `*` of the name, else it follows it; it has as many digits as the last one, so
//! that the tests keep their order.

use super::{FILE, Reader, Value};
use std::collections::BTreeMap;

const MOST_TESTS: usize = 10_000;
const SEED: &str = "{seed}";

/// A program and its arguments.
type Command = (String, Vec<String>);

/// How a test is made.
#[derive(Debug)]
pub(in crate::problem) struct Generator {
    pub(in crate::problem) line: u32,
    /// The field that says it, for mistakes.
    pub(in crate::problem) field: String,
    /// Program and arguments; absent when the value is wrong (that mistake is noted).
    pub(in crate::problem) command: Option<Command>,
}

/// The keys of a table of `[generators]`, as they are read.
#[derive(Default)]
struct Table {
    program: Option<String>,
    args: Vec<String>,
    seeds: Option<Vec<i64>>,
    seed: Option<i64>,
    count: Option<usize>,
}

impl Reader<'_> {
    pub(super) fn generators(&mut self, value: &Value<'_>) -> BTreeMap<String, Generator> {
        let mut generators: BTreeMap<String, Generator> = BTreeMap::new();
        for (key, value) in self.table(value, "generators").into_iter().flatten() {
            let name = key.get_ref().as_ref();
            let line = self.line(&key.span());
            let field = format!("generators.{name}");
            let made = match value.get_ref().as_table() {
                Some(_) => self.series(name, value, &field),
                None => vec![(name.to_owned(), self.command(value, &field))],
            };
            for (test, command) in made {
                if let Some(other) = generators.get(&test) {
                    let message = format!("`{test}` is made by {} already", other.field);
                    self.mistakes.field(FILE, Some(line), &field, message);
                    continue;
                }
                generators.insert(test, Generator { line, field: field.clone(), command });
            }
            if generators.len() > MOST_TESTS {
                self.wrong(&value.span(), "generators", format!("more than {MOST_TESTS} tests"));
                break;
            }
        }
        generators
    }

    fn command(&mut self, value: &Value<'_>, field: &str) -> Option<Command> {
        let words = value.get_ref().as_array().and_then(|list| {
            list.iter().map(|word| word.get_ref().as_str()).collect::<Option<Vec<_>>>()
        });
        match words.as_deref() {
            Some([_, args @ ..]) if args.iter().any(|word| word.contains('\0')) => {
                self.wrong(&value.span(), field, "an argument cannot hold a NUL character");
                None
            }
            Some([program, args @ ..]) => {
                let args = args.iter().map(|&word| word.to_owned()).collect();
                Some(((*program).to_owned(), args))
            }
            _ => {
                let form = "must be a list of strings, [\"program\", \"argument\", …], or a table \
                            with program, args and seeds";
                self.wrong(&value.span(), field, form);
                None
            }
        }
    }

    /// The tests that a table makes, in their order.
    fn series(
        &mut self,
        name: &str,
        value: &Value<'_>,
        place: &str,
    ) -> Vec<(String, Option<Command>)> {
        let mut table = Table::default();
        let known = ["program", "args", "seeds", "seed", "count"];
        for (key, field, value) in self.known(value, place, &known) {
            match key {
                "program" => table.program = self.string(value, &field),
                "args" => table.args = self.args(value, &field),
                "seeds" => table.seeds = self.seeds(value, &field),
                "seed" => table.seed = self.seed(value, &field),
                _ => match self.whole(value, &field) {
                    Some(count @ 1..=10_000) => table.count = Some(count as usize),
                    Some(count) => {
                        let message = format!("{count} is outside 1 to {MOST_TESTS}");
                        self.wrong(&value.span(), &field, message);
                    }
                    None => {}
                },
            }
        }
        let keys = value.get_ref().as_table();
        let has = |key: &str| keys.is_some_and(|keys| keys.contains_key(key));
        if !has("program") {
            let message = "is missing; it names a program in generators/";
            self.wrong(&value.span(), &format!("{place}.program"), message);
        }
        if has("seeds") && (has("count") || has("seed")) {
            let message = "takes the place of count and seed; remove one or the other";
            self.wrong(&value.span(), &format!("{place}.seeds"), message);
        }
        let seeds = table.seeds.unwrap_or_else(|| {
            let first = table.seed.unwrap_or(1);
            (0..table.count.unwrap_or(1) as i64).map(|n| first.saturating_add(n)).collect()
        });
        let counted = has("seeds") || has("count");
        if seeds.len() > 1 && !table.args.iter().any(|arg| arg.contains(SEED)) {
            let message = "must hold {seed}, or all these tests are the same";
            self.wrong(&value.span(), &format!("{place}.args"), message);
        }
        let command = |seed: &i64| {
            let fill = |arg: &String| arg.replace(SEED, &seed.to_string());
            table.program.clone().map(|program| (program, table.args.iter().map(fill).collect()))
        };
        let width = seeds.len().to_string().len();
        let test = |number: usize| match name.rsplit_once('*') {
            Some((start, end)) => format!("{start}{number:0width$}{end}"),
            None if counted => format!("{name}-{number:0width$}"),
            None => name.to_owned(),
        };
        seeds.iter().zip(1..).map(|(seed, number)| (test(number), command(seed))).collect()
    }

    fn seeds(&mut self, value: &Value<'_>, field: &str) -> Option<Vec<i64>> {
        let Some(list) = value.get_ref().as_array().filter(|list| !list.is_empty()) else {
            self.wrong_type(value, field, "a list of whole numbers that is not empty");
            return None;
        };
        if list.len() > MOST_TESTS {
            self.wrong(&value.span(), field, format!("more than {MOST_TESTS} seeds"));
            return None;
        }
        let mut seeds = Vec::new();
        for item in list {
            let Some(seed) = self.seed(item, field) else { continue };
            if seeds.contains(&seed) {
                self.wrong(&item.span(), field, format!("{seed} is there twice"));
            } else {
                seeds.push(seed);
            }
        }
        Some(seeds)
    }

    fn seed(&mut self, value: &Value<'_>, field: &str) -> Option<i64> {
        let Some(integer) = value.get_ref().as_integer() else {
            self.wrong_type(value, field, "a whole number");
            return None;
        };
        let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
        if number.is_none() {
            self.wrong(&value.span(), field, format!("{integer} is out of range"));
        }
        number
    }
}
