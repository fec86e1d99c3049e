//! The moving part: the phase with its bar, and the rows of the matrix that run.

use super::Matrix;
use crate::{verify::report::Step, view::live::Bar};
use std::time::{Duration, Instant};

/// How often the matrix is drawn anew; drawing costs more than a step.
const FRAME: Duration = Duration::from_millis(100);
/// Rows that are shown while they run; the whole matrix comes at the end.
const ROWS: usize = 12;

/// What moves on standard error.
#[derive(Debug, Default)]
pub(super) struct Live {
    phase: Option<Bar>,
    matrix: Option<Bar>,
    drawn: Option<Instant>,
}

impl Live {
    /// Shows a step that `matrix` has taken in; `finished` says that the matrix stands elsewhere.
    pub(super) fn step(&mut self, step: &Step, matrix: &Matrix, finished: bool) {
        match step {
            Step::Phase { name, total } => {
                self.clear_phase();
                self.phase = Some(Bar::steps(*total, &capitalised(name)));
            }
            Step::Advanced { done } => {
                if let Some(bar) = &self.phase {
                    bar.position(*done);
                }
            }
            _ => {}
        }
        if finished {
            self.clear_matrix();
        } else if self.drawn.is_none_or(|drawn| drawn.elapsed() >= FRAME) {
            self.drawn = Some(Instant::now());
            let bar = self.matrix.get_or_insert_with(Bar::block);
            bar.block_text(&matrix.live(ROWS));
        }
    }

    /// Takes everything off the screen.
    pub(super) fn clear(mut self) {
        self.clear_phase();
        self.clear_matrix();
    }

    fn clear_phase(&mut self) {
        if let Some(bar) = self.phase.take() {
            bar.clear();
        }
    }

    fn clear_matrix(&mut self) {
        if let Some(bar) = self.matrix.take() {
            bar.clear();
        }
    }
}

/// The name of a phase as a label: `Solutions`.
fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
