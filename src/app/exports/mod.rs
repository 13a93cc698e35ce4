//! What is saved to files.

mod export;
mod found;
mod stages;
// A table by hand: a row in a few lines.
#[rustfmt::skip]
mod table;

pub use export::{Content, Export};
pub use table::{
    ANSWERS, CHECKPOINT, COMPARE, DATA, ENCRYPTED, LAB, LAYERS, MITIGATIONS, MODEL, NEW_MODEL,
    NEW_NETWORK, PINNED, STRATEGIES, SWEEP,
};

use crate::export_id::ExportId;
use table::ALL;

/// All exports, in the order of the menu.
pub fn all() -> impl Iterator<Item = &'static Export> {
    ALL.iter().copied().flatten()
}

/// The row of an export.
pub fn find(id: ExportId) -> &'static Export {
    // Names come from the table alone.
    all().find(|export| export.id == id).unwrap_or(&ALL[0][0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::State;
    use scenario::Scenario;
    use std::collections::HashSet;

    #[test]
    fn names_and_endings_tell_exports_apart() {
        let names: HashSet<_> = all().map(|export| export.id.0).collect();
        assert_eq!(names.len(), all().count());
        let endings: HashSet<_> = all().map(|export| export.id.ending()).collect();
        let known = ["json", "csv", "svg", "html", "png", "ckpt", "safetensors", "onnx"];
        assert_eq!(endings, HashSet::from(known));
        assert!(all().all(|export| export.words.label.ends_with('…')));
    }

    #[test]
    fn only_setup_and_window_can_be_saved_at_the_start() {
        let state = State::new(Scenario::open("digits").unwrap());
        let ready = all().filter(|export| (export.ready)(&state).is_ok());
        assert_eq!(ready.map(|export| export.id.0).collect::<Vec<_>>(), [".json", ".png"]);
    }
}
