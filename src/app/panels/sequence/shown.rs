//! Which steps are drawn.

use crate::state::State;
use report::SequenceReport;

/// The steps that are drawn: of the row that was chosen, of the newest run, or as they are foretold.
pub fn shown(state: &State) -> Option<&SequenceReport> {
    let view = &state.sequence;
    let row = view.shown.and_then(|at| view.rows.get(at)?.sequence.as_deref());
    let run = state.run.as_ref().and_then(|run| run.sequence.as_deref());
    row.or(run).or(view.forecast.as_deref())
}
