//! The choice of CKKS parameters: the fastest that are precise enough and secure, or why there are
//! none.

use super::blocks::{Block, cut};
use super::cost::{Work, work};
use super::forecast::Forecast;
use super::network::RealLayer;
use super::program::RealCircuit;
use super::request::{RealRequest, counted};
use super::schedule::{Arrived, Choice, Schedule, Shape};
use crate::cost::UnitCosts;
use crate::cost_table::CostTable;
use crate::request::{Constraints, PlanError, check_ckks};
use scheme::ckks::CkksModuli;
use scheme::security::{MIN_SECURITY_BITS, max_log2_qp, ring_degrees};
use std::ops::RangeInclusive;

/// Ring degrees that are tried.
pub(super) const RING_DEGREES: RangeInclusive<usize> = 4096..=65_536;

/// Precision every plan must have above the required, bits: predictions are good to about one.
pub(super) const REQUIRED_PRECISION_BITS: f64 = 1.0;

/// Precision that a plan must have where no better is found, bits.
const LEAST_PRECISION_BITS: f64 = 0.5;

/// Bits of weights, sign not counted, that are tried.
const WEIGHT_BITS_TRIED: [u32; 12] = [4, 5, 6, 7, 8, 10, 12, 15, 18, 22, 26, 30];
/// Bits by which inputs may have a larger scale than later values.
const INPUT_BITS_TRIED: RangeInclusive<i32> = -8..=12;
/// Scales tried, bits.
const SCALE_BITS_TRIED: RangeInclusive<u32> = 14..=50;

/// Samples that errors are followed at.
const SAMPLES: usize = 192;

/// Tries to meet the precision once the exact scales are known: of the best so many are taken, and
/// more are made only where none of them will do.
const ATTEMPTS: usize = 4;
const MOST_ATTEMPTS: usize = 40;

/// Steps of spare precision below which nothing else is tried, bits.
const LEAST_STEP_BITS: f64 = 0.1;
/// Precision above the required from which something cheaper is looked for, bits.
const DEAR_BITS: f64 = 2.0;

/// Plans `request`.
pub fn plan_real(request: &RealRequest) -> Result<RealCircuit, PlanError> {
    check_ckks(&request.constraints, *RING_DEGREES.start(), *RING_DEGREES.end())?;
    let network = request.network.as_ref();
    let blocks = cut(network.layers());
    let take = request.calibration.len().min(SAMPLES * network.inputs());
    let forecast = Forecast::new(network, &blocks, &request.calibration[..take]);
    let shape = Shape::new(network, blocks, &forecast);
    let mut planner = Planner {
        request,
        shape: &shape,
        forecast: &forecast,
        typical: CostTable::typical().unit,
        bound: request.error_bound,
        spare_bits: REQUIRED_PRECISION_BITS,
    };
    match planner.fitting()? {
        Some(circuit) => Ok(circuit),
        None => Err(planner.refusal()?),
    }
}

/// A schedule with its primes and its cost.
pub(super) struct Candidate {
    pub schedule: Schedule,
    pub moduli: CkksModuli,
    pub work: Work,
}

pub(super) struct Planner<'a> {
    pub request: &'a RealRequest<'a>,
    pub shape: &'a Shape<'a>,
    pub forecast: &'a Forecast,
    /// What choices are made with.
    pub typical: UnitCosts,
    /// Bound on errors of outputs, and bits by which estimated ones must stay below it.
    pub bound: f64,
    pub spare_bits: f64,
}

impl Planner<'_> {
    /// The circuit that keeps the bound, the cheapest of those that are tried; `None` where none does.
    ///
    /// Rounding to other weights, and exact scales, do a little worse or better than the estimate that
    /// candidates are chosen by. So the spare precision that is asked of the estimate is raised until the
    /// compiled circuit has enough, and lowered again between what was too little and what nothing had.
    fn fitting(&mut self) -> Result<Option<RealCircuit>, PlanError> {
        let request = self.request;
        let enough = |b: &RealCircuit| b.plan.margin_bits() >= LEAST_PRECISION_BITS;
        let (mut too_little, mut too_much) = (None, f64::INFINITY);
        let (mut best, mut good): (Option<RealCircuit>, Option<RealCircuit>) = (None, None);
        self.spare_bits = REQUIRED_PRECISION_BITS;
        for attempt in 0..MOST_ATTEMPTS {
            let done = good.is_some() || best.as_ref().is_some_and(enough);
            if attempt >= ATTEMPTS && done {
                break;
            }
            request.cancel.check()?;
            let found = self.search(request.constraints);
            let found = found.or_else(|| self.past_budget());
            request.cancel.check()?;
            let low: f64 = too_little.unwrap_or(0.0);
            let Some(candidate) = found else {
                too_much = self.spare_bits;
                let middle = 0.5 * (low + too_much);
                if too_much - middle < LEAST_STEP_BITS {
                    break;
                }
                self.spare_bits = middle;
                continue;
            };
            let circuit = self.compile(&candidate)?;
            let margin = circuit.plan.margin_bits();
            if request.constraints.past_budget {
                return Ok(Some(circuit));
            }
            if margin >= REQUIRED_PRECISION_BITS {
                too_much = self.spare_bits;
                let cheaper = |g: &RealCircuit| circuit.typical_secs < g.typical_secs;
                let dear = margin > REQUIRED_PRECISION_BITS + DEAR_BITS;
                if good.as_ref().is_none_or(cheaper) {
                    good = Some(circuit);
                }
                let middle = 0.5 * (low + too_much);
                // What was right at once, or has little more than it needs, is the cheapest.
                if too_little.is_none() || !dear || too_much - middle < LEAST_STEP_BITS {
                    break;
                }
                self.spare_bits = middle;
                continue;
            }
            too_little = Some(self.spare_bits);
            let least = if attempt < ATTEMPTS { 0.1 } else { 1.0 };
            let next = self.spare_bits + (REQUIRED_PRECISION_BITS - margin).clamp(least, 8.0);
            let middle = 0.5 * (self.spare_bits + too_much);
            if best.as_ref().is_none_or(|b| b.plan.margin_bits() < margin) {
                best = Some(circuit);
            }
            if too_much - self.spare_bits < LEAST_STEP_BITS {
                break;
            }
            self.spare_bits = next.min(middle);
        }
        Ok(good.or(best.filter(enough)))
    }

    /// The fastest candidate that fits: first with as many bits for the weights of every layer, then
    /// layer by layer.
    fn search(&self, constraints: Constraints) -> Option<Candidate> {
        let layers = self.shape.network.layers();
        let mut best: Option<Candidate> = None;
        for n in ring_degrees().filter(|n| RING_DEGREES.contains(n)) {
            if constraints.ring_degree.is_some_and(|fixed| fixed != n) {
                continue;
            }
            for bits in WEIGHT_BITS_TRIED {
                if self.request.cancel.is_cancelled() {
                    return None;
                }
                let bits = vec![bits; layers.len()];
                self.try_weights(n, &bits, constraints, &mut best);
            }
        }
        for at in (0..layers.len()).rev() {
            let Some(found) = &best else { break };
            let Choice { n, weight_bits, .. } = found.schedule.choice.clone();
            if !matches!(layers[at], RealLayer::Linear { .. }) {
                continue;
            }
            for bits in WEIGHT_BITS_TRIED {
                if self.request.cancel.is_cancelled() {
                    return None;
                }
                let mut changed = weight_bits.clone();
                changed[at] = bits;
                self.try_weights(n, &changed, constraints, &mut best);
            }
        }
        best
    }

    /// Candidates with these weights; the fastest, if faster, becomes the best.
    fn try_weights(
        &self,
        n: usize,
        weight_bits: &[u32],
        constraints: Constraints,
        best: &mut Option<Candidate>,
    ) {
        for input_bits in INPUT_BITS_TRIED.step_by(2) {
            if input_bits != 0 && !self.shape.is_input_scale_free() {
                continue;
            }
            let choice = Choice {
                n,
                scale_bits: *SCALE_BITS_TRIED.start(),
                input_bits,
                weight_bits: weight_bits.to_vec(),
            };
            let Some(schedule) = self.smallest(choice, constraints) else { continue };
            let least = best.as_ref().map_or(f64::INFINITY, |b| b.work.total());
            if let Some(found) = self.candidate(schedule)
                && found.work.total() < least
            {
                *best = Some(found);
            }
        }
    }

    /// The schedule of the smallest scale, from that of `choice` on, that is precise enough and
    /// secure.
    fn smallest(&self, choice: Choice, constraints: Constraints) -> Option<Schedule> {
        let most = max_log2_qp(choice.n)?;
        let of = |scale_bits: u32| -> Option<Schedule> {
            let mut schedule = self.shape.schedule(Choice { scale_bits, ..choice.clone() });
            if let Some(count) = constraints.prime_count {
                schedule.lengthen(count)?;
            }
            (schedule.chain.iter().sum::<u32>() <= most).then_some(schedule)
        };
        let precise =
            |schedule: &Schedule| self.error(schedule) * self.spare_bits.exp2() <= self.bound;
        if let Some(bits) = constraints.prime_bits {
            return of(bits).filter(precise);
        }
        // Larger scales are more precise and take longer chains.
        let (mut low, mut high) = (choice.scale_bits, *SCALE_BITS_TRIED.end());
        while low < high {
            let middle = (low + high) / 2;
            match of(middle) {
                Some(schedule) if !precise(&schedule) => low = middle + 1,
                _ => high = middle,
            }
        }
        of(low).filter(precise)
    }

    /// The largest error of an output by estimate.
    fn error(&self, schedule: &Schedule) -> f64 {
        let arising = schedule.arising(self.shape);
        let end = self.shape.network.layers().len();
        let place = (end, end, false);
        let arrived = Arrived::new(self.forecast, &self.forecast.weights, &arising, place);
        arrived.largest(counted(self.request.images))
    }

    /// The schedule with primes, where they are secure.
    fn candidate(&self, schedule: Schedule) -> Option<Candidate> {
        let n = schedule.choice.n;
        let switched = self.shape.blocks.iter().zip(&schedule.drops);
        let least_drop = switched
            .filter(|(_, drops)| !drops.is_empty())
            .map(|(block, drops)| match block {
                Block::Segment { .. } => drops.iter().sum(),
                Block::Polynomial { .. } => schedule.choice.scale_bits,
            })
            .min();
        let drop_bits = least_drop.unwrap_or(CkksModuli::NO_SWITCH);
        let moduli = CkksModuli::fastest(n, &schedule.chain, drop_bits)?;
        let work = self.work(&schedule, &moduli, &self.typical);
        Some(Candidate { schedule, moduli, work })
    }

    pub fn work(&self, schedule: &Schedule, moduli: &CkksModuli, costs: &UnitCosts) -> Work {
        work(self.shape, schedule, moduli, costs, self.request.images, self.request.threads)
    }

    /// Parameters as they were asked for although they are not enough: the chain that would be, cut
    /// short at its base.
    fn past_budget(&self) -> Option<Candidate> {
        let c = self.request.constraints;
        if !c.past_budget {
            return None;
        }
        let free = Constraints { prime_count: None, ring_degree: None, ..c };
        let wanted = self.search(free)?;
        let n = c.ring_degree.unwrap_or(wanted.schedule.choice.n);
        let choice = Choice { n, ..wanted.schedule.choice };
        let mut schedule = self.shape.schedule(choice);
        let most = max_log2_qp(n)?;
        let fits = |chain: &[u32]| {
            c.prime_count.is_none_or(|count| chain.len() <= count)
                && chain.iter().sum::<u32>() <= most
        };
        while !fits(&schedule.chain) {
            schedule.shorten(self.shape)?;
        }
        while !schedule.chain.is_empty() {
            if let Some(found) = self.candidate(schedule.clone()) {
                return Some(found);
            }
            schedule.shorten(self.shape)?;
        }
        None
    }

    /// The most bits of precision below the bound that outputs could have, if any: by estimate, then held
    /// against what compiles.
    fn most_bits(&mut self) -> Result<Option<u32>, PlanError> {
        /// Numbers of bits that are compiled.
        const COMPILED: u32 = 4;
        let fits = |planner: &mut Self, bits: u32| {
            planner.bound = (-f64::from(bits)).exp2();
            planner.search(planner.request.constraints).is_some()
        };
        let before = (self.bound, self.spare_bits);
        self.spare_bits = REQUIRED_PRECISION_BITS;
        // Fewer bits fit wherever more do. What was asked for does not.
        let (mut low, mut high) = (0, -before.0.log2().ceil().min(0.0) as u32);
        let any = high > 0 && fits(self, 0);
        while any && low + 1 < high {
            let middle = (low + high) / 2;
            if fits(self, middle) { low = middle } else { high = middle }
        }
        let mut found = None;
        for bits in (low.saturating_sub(COMPILED - 1)..=low).rev().filter(|_| any) {
            self.bound = (-f64::from(bits)).exp2();
            if self.fitting()?.is_some() {
                found = Some(bits);
                break;
            }
        }
        (self.bound, self.spare_bits) = before;
        Ok(found)
    }

    fn refusal(&mut self) -> Result<PlanError, PlanError> {
        let c = self.request.constraints;
        let layers = self.shape.network.layers();
        let squares = layers.iter().filter(|l| matches!(l, RealLayer::Square { .. })).count();
        let polynomials =
            layers.iter().filter(|l| matches!(l, RealLayer::Polynomial { .. })).count();
        let levels: usize = (self.shape.blocks.iter())
            .map(
                |b| if let Block::Polynomial { layer } = b { self.shape.levels(*layer) } else { 0 },
            )
            .sum();
        let mut fixed = Vec::new();
        if let Some(n) = c.ring_degree {
            let most = max_log2_qp(n).unwrap_or(0);
            fixed.push(format!("N = {n} (at most {most} bits of q)"));
        }
        if let Some(k) = c.prime_count {
            fixed.push(format!("{k} primes"));
        }
        if let Some(b) = c.prime_bits {
            fixed.push(format!("primes of {b} bits"));
        }
        let many = |count: usize, one: &str, more: &str| {
            format!("{count} {}", if count == 1 { one } else { more })
        };
        let circuit = format!(
            "{} and {} ({}) with errors below {:.2e}",
            many(squares, "square", "squares"),
            many(polynomials, "other polynomial", "other polynomials"),
            many(levels, "level", "levels"),
            self.request.error_bound
        );
        let within = if fixed.is_empty() {
            format!(
                "what scales of up to {} bits, weights of up to {} and any N up to {} carry",
                SCALE_BITS_TRIED.end(),
                WEIGHT_BITS_TRIED.last().unwrap_or(&0) + 1,
                RING_DEGREES.end()
            )
        } else {
            fixed.join(", ")
        };
        let reason =
            format!("{circuit} need more than {within} at {MIN_SECURITY_BITS} bits of security");
        let less = self.most_bits()?;
        let found = if fixed.is_empty() { None } else { self.search(Constraints::default()) };
        let mut ways = Vec::new();
        if let Some(found) = found {
            ways.push(format!(
                "what fits: N = {}, {} primes of {} bits together",
                found.schedule.choice.n,
                found.schedule.chain.len(),
                found.schedule.chain.iter().sum::<u32>()
            ));
        }
        match less {
            Some(bits) if self.request.is_asked => {
                ways.push(format!("scheme.precision_bits={bits} fits"));
            }
            Some(bits) => {
                ways.push(format!("allow larger errors: scheme.precision_bits={bits} fits"))
            }
            None => {}
        }
        if ways.is_empty() && polynomials > 0 {
            ways.push("use activations of a lower degree, or fewer of them".to_owned());
        }
        if ways.is_empty() {
            ways.push("use a network with fewer squares, or with smaller weights".to_owned());
        }
        Ok(PlanError::DoesNotFit { reason, nearest: ways.join("; ") })
    }
}
