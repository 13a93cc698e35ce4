//! The report of a run before anything is encrypted: what was planned, and the plaintext network.

use super::float_run::FloatRun;
use super::session::Session;
use circuit::{Plan, StagePlan};
use report::*;

/// What is known when encryption begins.
pub(crate) struct InitialReport<'a> {
    pub plan: &'a Plan,
    pub kernel: &'a str,
    pub float: &'a FloatRun,
}

impl InitialReport<'_> {
    /// The report so far.
    pub fn report(&self, session: &Session) -> RunReport {
        let InitialReport { plan, kernel, float } = *self;
        // By name: the original is another network than the one that became stages.
        let plain_secs = |stage: &StagePlan| -> f64 {
            let layers = session.original.layers().iter().zip(&float.layer_secs);
            let own = layers.filter(|(l, _)| stage.layers.contains(&l.name));
            own.fold(0.0, |sum, (_, secs)| sum + secs)
        };
        let in_batch = float.samples.div_ceil(plan.batches.max(1)) as u64;
        let stages = plan.stages.iter().map(|s| StageReport {
            plain_secs: plain_secs(s),
            ..StageReport::planned(s, in_batch)
        });
        RunReport {
            model: session.network.name().to_owned(),
            classes: session.network.classes(),
            images: float.samples,
            activation: match plan.tables {
                Some(_) => ActivationReport {
                    bits: Some(plan.plaintext_bits as u32),
                    ..ActivationReport::exact("lookup")
                },
                None => ActivationReport::polynomials(session.layer_reports()),
            },
            stages: stages.collect(),
            ..RunReport::initial(
                &session.scenario,
                &session.dataset,
                plan,
                kernel,
                float.latency_secs,
            )
        }
    }
}
