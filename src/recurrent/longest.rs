//! How many steps one chain carries, found by planning such chains: what is told of a setup, in its
//! refusal and in a comparison is one number. The bound on errors depends on the steps and may be
//! narrower for fewer of them, so nothing is known of a number of steps before it was tried.

use super::session::SequenceSession;
use circuit::{NoiseStrategy, PlanError, conceivable_chain, estimated_chain, plan_recurrent};
use progress::Cancel;
use scenario::{RunError, Scenario, SequenceRequest};
use std::sync::Arc;

/// Steps by which the planner's estimate may be too short.
const SPREAD: usize = 4;

impl SequenceSession {
    /// The most of the last steps that one chain carries with the settings of this scenario; 0 where it
    /// carries none.
    ///
    /// # Errors
    /// When the scenario means nothing, or the work is cancelled.
    pub fn longest_chain(&self, cancel: &Cancel) -> Result<usize, RunError> {
        if let Some(known) = self.longest.get() {
            return Ok(*known);
        }
        let of = |steps: usize| {
            let strategy = NoiseStrategy::Levelled;
            self.with_choice(SequenceRequest {
                strategy,
                refresh_every: None,
                steps: Some(steps),
                ..self.choice()
            })
        };
        let all = of(self.all_steps());
        let from = all.chain(cancel, |request| Ok(conceivable_chain(request)))?.0;
        let found = most(from, |steps| of(steps).fits(cancel))?;
        Ok(*self.longest.get_or_init(|| found))
    }

    /// Why so many steps of one chain are refused, and how many would do.
    pub(crate) fn too_long(&self, reason: String, cancel: &Cancel) -> Result<PlanError, RunError> {
        let choice = self.choice();
        if choice.strategy == NoiseStrategy::Levelled {
            let longest = self.longest_chain(cancel)?;
            let others = "sequence.strategy to refresh, client_aided or bootstrap";
            return Ok(PlanError::DoesNotFit {
                reason: format!("{reason}; the longest is {longest} steps"),
                nearest: match longest {
                    0 => format!("set {others}"),
                    _ => format!("set sequence.steps={longest}, or {others}"),
                },
            });
        }
        let asked = choice.refresh_every.unwrap_or(1);
        let fits = |every: usize| {
            let refresh_every = Some(every);
            self.with_choice(SequenceRequest { refresh_every, ..self.choice() }).fits(cancel)
        };
        // All steps are run whatever is asked, under one bound: the estimate is good to a few.
        let estimate = self.chain(cancel, estimated_chain)?.0;
        let longest = most(asked.saturating_sub(1).min(estimate + SPREAD), fits)?;
        Ok(PlanError::DoesNotFit {
            reason: format!("{reason}; the longest is {longest} steps"),
            nearest: match longest {
                0 => "set sequence.strategy to client_aided or bootstrap".to_owned(),
                _ => format!("set sequence.refresh_every to at most {longest}"),
            },
        })
    }

    /// The same session, which need not try out again how long a chain is where `other`, with the same
    /// polynomials and steps, knows it.
    #[must_use]
    pub fn with_chain_known_to(self, other: &Self) -> Self {
        Self { longest: Arc::clone(&other.longest), ..self }
    }

    fn with_choice(&self, choice: SequenceRequest) -> Self {
        let scenario = Scenario { sequence: Some(choice), ..self.scenario.clone() };
        Self { scenario, compiled: Arc::default(), ..self.clone() }
    }

    /// Whether there is a plan.
    fn fits(&self, cancel: &Cancel) -> Result<bool, RunError> {
        match self.chain(cancel, plan_recurrent) {
            Ok(_) => Ok(true),
            Err(RunError::Plan(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// The largest of 1 to `from` that fits; 0 where none does.
fn most(from: usize, fits: impl Fn(usize) -> Result<bool, RunError>) -> Result<usize, RunError> {
    for steps in (1..=from).rev() {
        if fits(steps)? {
            return Ok(steps);
        }
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_that_fits_is_found_although_fewer_do_not() {
        let fits = |steps: usize| Ok([2, 3, 7].contains(&steps));
        assert_eq!(most(9, fits).unwrap(), 7);
        assert_eq!(most(6, fits).unwrap(), 3);
        assert_eq!(most(1, fits).unwrap(), 0);
    }
}
