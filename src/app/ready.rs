//! When commands make sense, and why not otherwise.

use super::state::State;
use super::tab::Tab;
use lesson::Session;

/// Whether it makes sense now, or why not.
pub type Ready = Result<(), &'static str>;

/// Ready when something `holds`.
pub fn when(holds: bool, otherwise: &'static str) -> Ready {
    if holds { Ok(()) } else { Err(otherwise) }
}

pub fn can_run(state: &State) -> Ready {
    if state.is_cryptonn() {
        return can_train_encrypted(state);
    }
    when(!state.running, "a run is on")?;
    // A refusal is of the setup before as long as the plan of this one is not made.
    when(state.preview.refusal.is_none() || state.preview.pending, "this setup cannot work")
}

pub fn can_train(state: &State) -> Ready {
    if state.is_cryptonn() {
        return can_train_encrypted(state);
    }
    if state.is_recurrent() && !state.preview.pending {
        return no_task(state);
    }
    has_model(state)
}

pub fn can_train_encrypted(state: &State) -> Ready {
    when(state.can_train_encrypted(), "nothing that can be trained on encrypted data is loaded")?;
    no_task(state)
}

pub fn has_model(state: &State) -> Ready {
    when(state.has_loaded(), "no model with layers is loaded")?;
    no_task(state)
}

pub fn has_data(state: &State) -> Ready {
    when(state.takes_network(), "no data are loaded")
}

pub fn no_task(state: &State) -> Ready {
    when(!state.task_running, "a sweep, training or comparison is on")
}

pub fn in_lab(state: &State) -> Ready {
    when(state.tab == Tab::Activation, "for the tab Activation")
}

pub fn in_lesson(state: &State) -> Result<&Session, &'static str> {
    state.lesson.as_ref().ok_or("no lesson is on")
}

pub fn has_ciphertext(state: &State) -> Ready {
    when(state.tab == Tab::Samples, "for the tab Samples")?;
    when(state.ciphertext.seen.is_some(), "no value is looked at under encryption")
}

pub fn has_plots(state: &State) -> Ready {
    when(state.tab == Tab::Run && !state.is_cryptonn(), "for the tab Run")
}

pub fn has_samples(state: &State) -> Ready {
    when(!state.shown_samples().is_empty(), "no samples were run yet")
}
