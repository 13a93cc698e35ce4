//! What a setup would cost, as it was planned.

use circuit::DegreeRequest;
use scenario::Scenario;
use std::time::Duration;
use study::SweepCost;

/// Where one plan takes longer than this, the others wait until they are asked for, if enough is known of
/// them from this one.
const QUICK: Duration = Duration::from_millis(500);

/// What a setup would cost.
#[derive(Clone, Debug)]
pub struct Cost {
    pub setup: Scenario,
    /// Why it cannot work in one line otherwise.
    pub found: Result<SweepCost, String>,
    /// Degrees that its primes would carry, where the scheme has them.
    pub degrees: Vec<DegreeRequest>,
    /// How long the plan took.
    pub took: Duration,
}

impl Cost {
    /// Whether neighbours are planned ahead: plans take little time, or nothing else tells of them.
    pub fn leads_on(&self) -> bool {
        self.took <= QUICK || self.degrees.is_empty()
    }
}
