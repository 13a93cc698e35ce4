//! What of the state the plots of a run show.

use crate::state::State;
use circuit::NoiseMeasure;
use plots::Curves;
use view::{Folding, RunView, Stages, Status};

/// The curves for what `state` holds. A run of another setup is drawn faded, and once it is over only
/// where its stages are those of the plan.
pub fn of(state: &State) -> Curves<'_> {
    let current = state.run_is_of_setup();
    let run = state.run.as_ref().filter(|_| !state.hides_run());
    let going_on = run.is_some_and(|r| r.status == Status::Running);
    let own = run.filter(|_| current || going_on).and_then(|r| r.plan.as_deref());
    let pending = if own.is_some() { !current } else { state.preview.pending };
    // A run of another setup has a plan of its own to come.
    let other = state.preview.plan.as_deref().filter(|_| current || !going_on);
    let plan = own.or(other);
    let measure = plan.map_or(NoiseMeasure::Margin, |p| NoiseMeasure::of(p.scheme));
    let same_stages = |run: &&RunView| {
        let names = run.stages.iter().map(|s| s.as_ref().map(|s| s.name.as_str()));
        plan.is_none_or(|p| {
            p.stages.len() == run.stages.len()
                && p.stages.iter().zip(names).all(|(p, n)| n.is_none_or(|n| n == p.name))
        })
    };
    let run = run.filter(|r| current || going_on || same_stages(r));
    let sees_noise = state.eyes().has_key();
    let stages = Stages { plan, run };
    let folding = Folding::new(stages, &state.unfolded);
    let hides_predicted = state.hides_predictions();
    // They would tell what is to be guessed.
    let pinned = if hides_predicted { &[] } else { state.pins.all() };
    Curves {
        stages,
        folding,
        faded: !current,
        pending,
        measure,
        sees_noise,
        hides_predicted,
        pinned,
    }
}
