//! What a server learns: the samples of a mini-batch as attacks make them out.

use attack::{LeakCurve, LeakOptions, Pool, Reconstruction, Score, ServerView, curve, reconstruct};
use progress::Cancel;
use scenario::RunError;
use std::sync::Arc;

/// What is asked: the samples of a mini-batch after some steps, by several attacks.
#[derive(Clone, Debug)]
pub struct LeakRequest {
    pub view: Arc<ServerView>,
    pub pool: Arc<Pool>,
    /// Mini-batch that is looked at.
    pub batch: usize,
    /// Steps seen.
    pub seen: usize,
    /// Each attack, and whether its curve over all steps is wanted too.
    pub attacks: Vec<(LeakOptions, bool)>,
}

/// An answer.
#[derive(Clone, Debug)]
pub enum LeakUpdate {
    /// The mini-batch as an attack makes it out; `None` when the view has nothing of it.
    Found {
        attack: usize,
        found: Option<Box<(Reconstruction, Score)>>,
    },
    Curve {
        attack: usize,
        curve: Box<LeakCurve>,
    },
}

/// Answers a question, the mini-batch before the curves.
pub(super) fn answer(
    request: &LeakRequest,
    cancel: &Cancel,
    tell: &dyn Fn(LeakUpdate),
) -> Result<(), RunError> {
    let LeakRequest { view, pool, batch, seen, attacks } = request;
    for (attack, (settings, _)) in attacks.iter().enumerate() {
        let found = reconstruct(view, *batch, *seen, settings, pool.background.as_ref(), cancel)?;
        let found = found.map(|found| {
            let score = pool.score(&found);
            Box::new((found, score))
        });
        tell(LeakUpdate::Found { attack, found });
    }
    for (attack, (settings, wanted)) in attacks.iter().enumerate() {
        if *wanted {
            let curve = Box::new(curve(view, pool, settings, cancel)?);
            tell(LeakUpdate::Curve { attack, curve });
        }
    }
    Ok(())
}
