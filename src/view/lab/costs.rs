//! What the polynomials that are explored would cost encrypted, as they were planned.

use super::request::TOP_DEGREE;
use scenario::Scenario;
use study::SweepCost;
use worker::Cost;

/// Plans that are kept.
const MOST_KEPT: usize = 512;

/// What was planned, setup by setup.
#[derive(Debug, Default)]
pub struct Costs {
    kept: Vec<Cost>,
    /// The setup whose figures were shown last.
    shown: Option<Scenario>,
}

/// What is known of a degree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OfDegree<'a> {
    Planned(&'a SweepCost),
    /// Planned, and nothing fits; why.
    Refused(&'a str),
    /// What primes of the sizes of another plan would carry: N and log2 q, no N where none does.
    Carried {
        ring_degree: Option<usize>,
        levels: usize,
        log2_q: f64,
    },
    /// Nothing yet.
    Unknown,
}

impl OfDegree<'_> {
    /// Whether anything is known.
    pub fn is_known(&self) -> bool {
        *self != Self::Unknown
    }

    /// Whether it is known not to fit.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Carried { ring_degree: None, .. })
    }

    /// The ring degree that it takes, where it is known to work.
    pub fn ring_degree(&self) -> Option<usize> {
        match self {
            Self::Planned(cost) => Some(cost.ring_degree),
            Self::Carried { ring_degree, .. } => *ring_degree,
            Self::Refused(_) | Self::Unknown => None,
        }
    }
}

impl Costs {
    /// Takes in what was planned. `present` is what is explored now.
    pub fn take(&mut self, cost: Cost, present: Option<&Scenario>) {
        if present == Some(&cost.setup) {
            self.shown = Some(cost.setup.clone());
        }
        self.kept.retain(|known| known.setup != cost.setup);
        if self.kept.len() == MOST_KEPT {
            self.kept.drain(..1);
        }
        self.kept.push(cost);
    }

    /// What is explored becomes `setup`: its figures are shown from now on, where they are known.
    pub fn look_at(&mut self, setup: &Scenario) {
        if self.of(setup).is_some() {
            self.shown = Some(setup.clone());
        }
    }

    /// What `setup` would cost, once it was planned.
    pub fn of(&self, setup: &Scenario) -> Option<&Cost> {
        self.kept.iter().find(|known| known.setup == *setup)
    }

    /// The figures to show: those of the present setup, or the last until they are there.
    pub fn shown(&self) -> Option<&Cost> {
        self.of(self.shown.as_ref()?)
    }

    /// What is known of each degree from 1 on in the place of that of `setup`.
    pub fn degrees(&self, setup: &Scenario) -> Vec<OfDegree<'_>> {
        let carried = self.of(setup).map(|cost| cost.degrees.as_slice()).unwrap_or_default();
        (1..=TOP_DEGREE)
            .map(|degree| match self.of(&with_degree(setup, degree)).map(|cost| &cost.found) {
                Some(Ok(cost)) => OfDegree::Planned(cost),
                Some(Err(reason)) => OfDegree::Refused(reason),
                None => match carried.iter().find(|request| request.degree == degree) {
                    Some(request) => OfDegree::Carried {
                        ring_degree: request.ring_degree,
                        levels: request.levels,
                        log2_q: request.log2_q,
                    },
                    None => OfDegree::Unknown,
                },
            })
            .collect()
    }

    /// The highest degree that may be possible in the place of that of `setup`.
    pub fn last_degree(&self, setup: &Scenario) -> usize {
        let degrees = self.degrees(setup);
        degrees.iter().rposition(|of| !of.is_refused()).map_or(TOP_DEGREE, |at| at + 1)
    }

    /// The setups that are to be planned: `setup`, and where plans are quick those with other degrees,
    /// the nearest first.
    pub fn missing(&self, setup: &Scenario, degrees: bool) -> Vec<Scenario> {
        let known = self.of(setup);
        let mut setups: Vec<Scenario> =
            known.is_none().then(|| setup.clone()).into_iter().collect();
        if degrees && known.is_none_or(Cost::leads_on) {
            let present = setup.activation.degree;
            let mut others: Vec<usize> = (1..=TOP_DEGREE).filter(|d| *d != present).collect();
            others.sort_by_key(|degree| degree.abs_diff(present));
            let others = others.into_iter().map(|degree| with_degree(setup, degree));
            setups.extend(others.filter(|other| self.of(other).is_none()));
        }
        setups
    }
}

fn with_degree(setup: &Scenario, degree: usize) -> Scenario {
    let mut other = setup.clone();
    other.activation.degree = degree;
    other
}

#[cfg(test)]
mod tests {
    use super::*;
    use circuit::DegreeRequest;
    use std::time::Duration;

    fn setup(degree: usize) -> Scenario {
        with_degree(&Scenario::open("digits-relu").unwrap(), degree)
    }

    fn cost(degree: usize, took: u64) -> Cost {
        Cost {
            setup: setup(degree),
            found: Err(format!("not {degree}")),
            degrees: Vec::new(),
            took: Duration::from_millis(took),
        }
    }

    #[test]
    fn the_present_degree_is_planned_first_then_its_neighbours_while_plans_are_quick() {
        let mut costs = Costs::default();
        let asked = |costs: &Costs| -> Vec<usize> {
            costs.missing(&setup(3), true).iter().map(|s| s.activation.degree).collect()
        };
        assert_eq!(asked(&costs)[..4], [3, 2, 4, 1]);
        assert_eq!(asked(&costs).len(), TOP_DEGREE);
        assert_eq!(costs.missing(&setup(3), false).len(), 1);
        costs.take(cost(3, 10), Some(&setup(3)));
        assert_eq!(asked(&costs)[..2], [2, 4]);
        costs.take(cost(3, 2000), Some(&setup(3)));
        assert_eq!(asked(&costs)[..2], [2, 4], "nothing else tells of them");
        let request =
            DegreeRequest { degree: 4, levels: 3, log2_q: 100.0, ring_degree: Some(8192) };
        costs.take(Cost { degrees: vec![request], ..cost(3, 2000) }, Some(&setup(3)));
        assert_eq!(asked(&costs), [0_usize; 0]);
        assert_eq!(costs.degrees(&setup(3))[3].ring_degree(), Some(8192));
    }

    #[test]
    fn the_last_figures_stay_until_newer_ones_are_there() {
        let mut costs = Costs::default();
        costs.take(cost(3, 1), Some(&setup(3)));
        costs.take(cost(4, 1), Some(&setup(3)));
        let shown = |costs: &Costs| costs.shown().map(|cost| cost.setup.activation.degree);
        assert_eq!(shown(&costs), Some(3));
        costs.look_at(&setup(5));
        assert_eq!(shown(&costs), Some(3));
        costs.look_at(&setup(4));
        assert_eq!(shown(&costs), Some(4));
        let degrees = costs.degrees(&setup(4));
        assert_eq!((degrees[3], degrees[4]), (OfDegree::Refused("not 4"), OfDegree::Unknown));
        assert!(degrees[3].is_refused() && !degrees[4].is_refused());
        // Nothing is known of the highest degree, so the walk goes on to it.
        assert_eq!(costs.last_degree(&setup(4)), TOP_DEGREE);
        costs.take(cost(TOP_DEGREE, 1), None);
        assert_eq!(costs.last_degree(&setup(4)), TOP_DEGREE - 1);
    }
}
