//! What every benchmark takes on its command line.

use anyhow::{Result, bail};
use clap::Args;

#[derive(Args)]
pub struct Options {
    /// A few rounds only: whether it works, not how fast it is.
    #[arg(long)]
    pub quick: bool,
    /// One JSON object per line instead of tables.
    #[arg(long)]
    pub json: bool,
    /// Only this table; may be repeated.
    #[arg(long, value_name = "TABLE")]
    only: Vec<String>,
    /// Cargo says this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    /// Those that are wanted of all its tables.
    pub fn tables(&self, all: &[&'static str]) -> Result<Vec<&'static str>> {
        if let Some(unknown) = self.only.iter().find(|name| !all.contains(&name.as_str())) {
            bail!("--only {unknown}: there is no such table; there are: {}", all.join(", "));
        }
        let wanted =
            |name: &&str| self.only.is_empty() || self.only.iter().any(|only| only == name);
        Ok(all.iter().copied().filter(wanted).collect())
    }
}
