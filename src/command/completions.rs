//! `sonocode completions`.

use crate::{
    cli::Completions,
    error::{Code, Error},
};
use std::io::Write;

pub(super) fn completions(args: &Completions) -> Result<Code, Error> {
    std::io::stdout().write_all(&args.script())?;
    Ok(Code::OK)
}
