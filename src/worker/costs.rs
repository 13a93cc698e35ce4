//! Setups that are explored, planned in the background for what they would cost.

use super::board::Outlet;
use super::cost::Cost;
use super::glance::Seen;
use super::key::Key;
use super::update::Update;
use super::worker::Worker;
use scenario::{RunError, Scenario};
use std::time::{Duration, Instant};
use study::SweepCost;

/// Longer than this neighbours are not planned ahead.
const LONG: Duration = Duration::from_secs(15);

impl Worker {
    /// Plans `setups` of what is loaded one after the other, in the place of those that were asked for
    /// before; after the first only while that tells more, and not for long.
    pub fn costs(&mut self, setups: Vec<Scenario>, loaded: Seen) {
        let work = move |out: &Outlet<Update>| {
            let since = Instant::now();
            for setup in setups {
                let cost = cost(setup, &loaded, out)?;
                let goes_on = cost.leads_on() && since.elapsed() < LONG;
                out.send(Update::Cost(Box::new(cost)));
                if !goes_on {
                    break;
                }
            }
            Ok(())
        };
        // Newer ones are never refused.
        self.jobs.start(Key::Costs, work, Update::CostsEnded).ok();
    }
}

fn cost(setup: Scenario, loaded: &Seen, out: &Outlet<Update>) -> Result<Cost, RunError> {
    out.cancel().check()?;
    let since = Instant::now();
    let plan = loaded.open(&setup).and_then(|experiment| experiment.plan(out.cancel()));
    let took = since.elapsed();
    let (found, degrees) = match plan {
        Ok(plan) => {
            let cost = SweepCost::of(&plan);
            (Ok(cost), plan.approximate.map(|a| a.degrees).unwrap_or_default())
        }
        Err(RunError::Cancelled(stop)) => return Err(stop.into()),
        Err(error) => (Err(error.to_string()), Vec::new()),
    };
    Ok(Cost { setup, found, degrees, took })
}
