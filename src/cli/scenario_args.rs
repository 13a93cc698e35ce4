//! Scenarios as they are named on the command line, with all changes.

use super::args::{ScenarioArgs, SizeArgs};
use super::context::Context;
use anyhow::Result;
use scenario::Scenario;

impl ScenarioArgs {
    /// Whether a setting of the command line is for the field `key`.
    pub(super) fn sets(&self, key: &str) -> bool {
        self.settings.iter().any(|s| s.split_once('=').is_some_and(|(path, _)| path == key))
    }

    /// The scenario with all changes applied.
    pub(super) fn open(&self, size: Option<&SizeArgs>, context: &mut Context) -> Result<Scenario> {
        let (scenario, notes) = Scenario::open_told(&self.scenario)?;
        for note in notes {
            writeln!(context.err, "note: {}", format::escaped(&note))?;
        }
        self.changed(scenario, size)
    }

    /// `scenario` with all changes applied.
    pub(super) fn changed(
        &self,
        mut scenario: Scenario,
        size: Option<&SizeArgs>,
    ) -> Result<Scenario> {
        for setting in &self.settings {
            scenario = scenario.with_setting(setting)?;
        }
        let given = [
            ("--seed", "seed", self.seed.is_some()),
            ("--images", "images", size.is_some_and(|s| s.images.is_some())),
            ("--threads", "threads", size.is_some_and(|s| s.threads.is_some())),
        ];
        for (option, key, _) in given.into_iter().filter(|(_, _, given)| *given) {
            if self.sets(key) {
                anyhow::bail!("{option} and --set {key}=: both are given; leave one of them out");
            }
        }
        if let Some(seed) = self.seed {
            scenario.seed = seed;
        }
        if let Some(size) = size {
            scenario.images = size.images.map(|n| n as usize).or(scenario.images);
            scenario.threads = size.threads.map(|n| n as usize).or(scenario.threads);
        }
        Ok(scenario)
    }
}
