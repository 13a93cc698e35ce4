//! Which products a polynomial is made of.

use super::super::CkksError;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Largest degree there is a plan for.
const MAX_DEGREE: usize = 127;

/// Coefficients below this share of the largest are taken to be 0.
pub(super) const NEGLIGIBLE: f64 = 1.0 / (1u64 << 50) as f64;

/// Which Chebyshev coefficients are not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Parity {
    Full,
    /// Even degrees, and degree 1: ReLU and its like, which are `x / 2` plus an even function.
    Even,
    /// Odd degrees.
    Odd,
}

impl Parity {
    /// Of these coefficients of `T_0, T_1, ...`; those below `2^-50` of the
    /// largest are taken to be 0.
    pub fn of(coefficients: &[f64]) -> Self {
        let largest = coefficients.iter().fold(0f64, |m, c| m.max(c.abs()));
        let counts = |i: usize| coefficients[i].abs() > largest * NEGLIGIBLE;
        let any_from = |first: usize| (first..coefficients.len()).step_by(2).any(counts);
        match (any_from(0), any_from(3)) {
            (false, _) => Self::Odd,
            (_, false) => Self::Even,
            _ => Self::Full,
        }
    }

    /// Whether degree `i` is among those that matter.
    pub(super) fn has(self, i: usize) -> bool {
        match self {
            Self::Full => true,
            Self::Even => i.is_multiple_of(2),
            Self::Odd => !i.is_multiple_of(2),
        }
    }

    /// Of the quotient by `T_g`.
    fn of_quotient(self, g: usize) -> Self {
        match (self, g.is_multiple_of(2)) {
            (Self::Even, false) => Self::Odd,
            (Self::Odd, false) => Self::Even,
            _ => self,
        }
    }
}

/// What evaluating a polynomial on one ciphertext takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PolynomialCost {
    /// Levels of the modulus chain.
    pub levels: usize,
    /// Products of two ciphertexts.
    pub products: usize,
    /// Relinearisations, each fused with a rescaling.
    pub relinearisations: usize,
    /// Rescalings of ciphertexts of two components.
    pub rescalings: usize,
}

/// `T_index = 2 T_a T_b - T_{a-b}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Power {
    pub index: usize,
    pub a: usize,
    pub b: usize,
}

/// How a polynomial is put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A weighted sum of the powers.
    Sum,
    /// `quotient T_at + remainder`.
    Split { at: usize, quotient: Box<Node>, remainder: Box<Node> },
}

/// Paterson and Stockmeyer's way (SIAM J. Comput. 2, 1973) in the Chebyshev basis: a few powers
/// `T_i`, and divisions by some of them until what is left is a weighted sum of powers. Products
/// that are added up are relinearised and rescaled together. Of all ways that take the fewest
/// levels, with `T_1, ..., T_k` for some k and powers of two to divide by, the cheapest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(usize, Parity)", into = "(usize, Parity)")]
pub struct PolynomialPlan {
    degree: usize,
    parity: Parity,
    /// In an order in which they can be computed; `T_1` is not among them.
    pub(super) powers: Vec<Power>,
    pub(super) root: Node,
    cost: PolynomialCost,
}

impl From<PolynomialPlan> for (usize, Parity) {
    fn from(plan: PolynomialPlan) -> Self {
        (plan.degree, plan.parity)
    }
}

impl TryFrom<(usize, Parity)> for PolynomialPlan {
    type Error = CkksError;

    fn try_from((degree, parity): (usize, Parity)) -> Result<Self, CkksError> {
        Self::new(degree, parity)
    }
}

impl PolynomialPlan {
    /// For polynomials of `degree` with the coefficients that `parity` has.
    ///
    /// # Errors
    /// For degrees 0 and above 127.
    pub fn new(degree: usize, parity: Parity) -> Result<Self, CkksError> {
        if degree == 0 || degree > MAX_DEGREE {
            let reason = format!("degree {degree}; 1 to {MAX_DEGREE} are possible");
            return Err(CkksError::Polynomial { reason });
        }
        let levels = (degree + 1).next_power_of_two().ilog2() as usize;
        let plans = (1..=degree.min(16)).filter_map(|babies| {
            let mut search = Search::new(degree, parity, babies);
            let root = search.tree(degree, parity, levels - 1)?;
            Some(search.plan(degree, parity, levels, root))
        });
        let unfit = || CkksError::Polynomial { reason: format!("no plan for degree {degree}") };
        plans.min_by_key(|plan| plan.cost.weight()).ok_or_else(unfit)
    }

    /// For these coefficients of `T_0, T_1, ...`.
    ///
    /// # Errors
    /// For constants, for degrees above 127, and for coefficients that are not finite.
    pub fn of(coefficients: &[f64]) -> Result<Self, CkksError> {
        if !coefficients.iter().all(|c| c.is_finite()) {
            let reason = "a coefficient is not a finite number".to_owned();
            return Err(CkksError::Polynomial { reason });
        }
        let degree = coefficients.iter().rposition(|c| *c != 0.0).unwrap_or(0);
        Self::new(degree, Parity::of(&coefficients[..coefficients.len().min(degree + 1)]))
    }

    /// The degree it was made for.
    pub fn degree(&self) -> usize {
        self.degree
    }

    /// The coefficients it was made for.
    pub fn parity(&self) -> Parity {
        self.parity
    }

    /// What it takes.
    pub fn cost(&self) -> PolynomialCost {
        self.cost
    }
}

impl PolynomialCost {
    /// Relinearisations count most, with rescalings at a quarter and products at a twentieth.
    fn weight(self) -> usize {
        20 * self.relinearisations + 5 * self.rescalings + self.products
    }
}

/// Levels that `T_i` takes.
fn depth(i: usize) -> usize {
    i.next_power_of_two().ilog2() as usize
}

/// Degree that is left of a division by `T_at`: `2 T_i T_at = T_{i+at} + T_{|i-at|}`.
fn left_over(degree: usize, at: usize) -> usize {
    (at - 1).max(degree.saturating_sub(2 * at))
}

struct Search {
    /// Every power at hand, by index.
    powers: Vec<Option<Power>>,
    known: HashMap<(usize, Parity, usize), Option<Choice>>,
}

/// The cheapest way to a sum of products, and its weight.
#[derive(Clone, Copy)]
struct Choice {
    /// The power to divide by; `None` for a sum of powers.
    at: Option<usize>,
    weight: usize,
}

impl Search {
    fn new(degree: usize, parity: Parity, babies: usize) -> Self {
        let mut powers: Vec<Option<Power>> = vec![None; degree + 1];
        powers[1] = Some(Power { index: 1, a: 1, b: 0 });
        for index in 2..=degree {
            let wanted = index.is_power_of_two() || (index <= babies && parity.has(index));
            let there = |i: usize| i == 0 || powers[i].is_some();
            let pairs = (1..=index / 2).rev().map(|b| (index - b, b));
            let fits = |(a, b): &(usize, usize)| {
                there(*a) && there(*b) && there(a - b) && depth(*a) < depth(index)
            };
            if let Some((a, b)) = pairs.filter(|_| wanted).find(fits) {
                powers[index] = Some(Power { index, a, b });
            }
        }
        Self { powers, known: HashMap::new() }
    }

    /// The best way for a polynomial of `degree`, when the powers in it may take at most `budget`
    /// levels.
    fn best(&mut self, degree: usize, parity: Parity, budget: usize) -> Option<Choice> {
        let key = (degree, parity, budget);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let choice = self.choose(degree, parity, budget);
        self.known.insert(key, choice);
        choice
    }

    fn choose(&mut self, degree: usize, parity: Parity, budget: usize) -> Option<Choice> {
        let there = |search: &Self, i: usize| search.powers[i].is_some() && depth(i) <= budget;
        if (1..=degree).filter(|i| parity.has(*i)).all(|i| there(self, i)) {
            return Some(Choice { at: None, weight: 0 });
        }
        let below = budget.checked_sub(1)?;
        let mut found: Option<Choice> = None;
        for at in 2..=degree {
            // What is left must be smaller.
            if !there(self, at) || 3 * at <= degree {
                continue;
            }
            let Some(quotient) = self.best(degree - at, parity.of_quotient(at), below) else {
                continue;
            };
            let Some(remainder) = self.best(left_over(degree, at), parity, budget) else {
                continue;
            };
            let finish = if quotient.at.is_none() { 5 } else { 20 };
            let weight = 1 + finish + quotient.weight + remainder.weight;
            if found.is_none_or(|f| weight < f.weight) {
                found = Some(Choice { at: Some(at), weight });
            }
        }
        found
    }

    /// The tree of the best choices.
    fn tree(&mut self, degree: usize, parity: Parity, budget: usize) -> Option<Node> {
        let Some(at) = self.best(degree, parity, budget)?.at else { return Some(Node::Sum) };
        let quotient =
            Box::new(self.tree(degree - at, parity.of_quotient(at), budget.checked_sub(1)?)?);
        let remainder = Box::new(self.tree(left_over(degree, at), parity, budget)?);
        Some(Node::Split { at, quotient, remainder })
    }

    /// The plan with the powers that `root` needs.
    fn plan(&self, degree: usize, parity: Parity, levels: usize, root: Node) -> PolynomialPlan {
        let mut needed = vec![false; degree + 1];
        mark(&root, degree, parity, &mut needed);
        for i in (2..=degree).rev() {
            if let (true, Some(power)) = (needed[i], self.powers[i]) {
                [power.a, power.b, power.a - power.b].into_iter().for_each(|j| needed[j] = true);
            }
        }
        let at_hand = self.powers.iter().flatten();
        let powers: Vec<Power> =
            at_hand.filter(|p| p.index > 1 && needed[p.index]).copied().collect();
        let mut cost = PolynomialCost {
            levels,
            products: powers.len(),
            relinearisations: powers.len(),
            rescalings: 0,
        };
        count(&root, &mut cost);
        PolynomialPlan { degree, parity, powers, root, cost }
    }
}

/// Marks the powers a node uses.
fn mark(node: &Node, degree: usize, parity: Parity, needed: &mut [bool]) {
    match node {
        Node::Sum => (1..=degree).filter(|i| parity.has(*i)).for_each(|i| needed[i] = true),
        Node::Split { at, quotient, remainder } => {
            needed[*at] = true;
            mark(quotient, degree - at, parity.of_quotient(*at), needed);
            mark(remainder, left_over(degree, *at), parity, needed);
        }
    }
}

/// Counts what a node and the rescaling after it take.
fn count(node: &Node, cost: &mut PolynomialCost) {
    match node {
        Node::Sum => cost.rescalings += 1,
        Node::Split { .. } => cost.relinearisations += 1,
    }
    count_products(node, cost);
}

fn count_products(node: &Node, cost: &mut PolynomialCost) {
    if let Node::Split { quotient, remainder, .. } = node {
        cost.products += 1;
        count(quotient, cost);
        count_products(remainder, cost);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_degree_takes_the_fewest_levels() {
        for parity in [Parity::Full, Parity::Even, Parity::Odd] {
            for degree in 1..=63 {
                let cost = PolynomialPlan::new(degree, parity).unwrap().cost();
                assert_eq!(cost.levels, ((degree + 1) as f64).log2().ceil() as usize);
                // Nothing beats the number of products that the degree alone asks for.
                assert!(cost.products + 1 >= depth(degree));
                assert!(cost.relinearisations <= cost.products);
            }
        }
    }

    #[test]
    fn levels_are_at_least_one_below_the_published_table() {
        // Degrees and levels as OpenFHE's documentation of Chebyshev evaluation lists them.
        for (degrees, published) in [(3..=5, 4), (6..=13, 5), (14..=27, 6), (28..=59, 7)] {
            for degree in degrees {
                let levels = PolynomialPlan::new(degree, Parity::Full).unwrap().cost().levels;
                assert!(levels < published, "degree {degree}: {levels} against {published}");
            }
        }
    }

    #[test]
    fn parity_saves_work() {
        let total = |parity| {
            let of = |degree| PolynomialPlan::new(degree, parity).unwrap().cost().weight();
            (3..=31).step_by(2).map(of).sum::<usize>()
        };
        assert!(total(Parity::Odd) < total(Parity::Full));
        let even = |parity| PolynomialPlan::new(30, parity).unwrap().cost();
        assert!(even(Parity::Even).relinearisations < even(Parity::Full).relinearisations);
    }

    #[test]
    fn parities_are_recognised() {
        assert_eq!(Parity::of(&[0.0, 1.0, 0.0, -2.0]), Parity::Odd);
        assert_eq!(Parity::of(&[0.5, 0.0, 3.0]), Parity::Even);
        assert_eq!(Parity::of(&[0.5, 0.5, 3.0, 1e-17, 0.1]), Parity::Even);
        assert_eq!(Parity::of(&[0.5, 0.5, 3.0, 1e-3]), Parity::Full);
    }

    #[test]
    fn what_is_no_polynomial_of_use_is_refused() {
        assert!(PolynomialPlan::new(0, Parity::Full).is_err());
        assert!(PolynomialPlan::new(128, Parity::Full).is_err());
        assert!(PolynomialPlan::of(&[]).is_err());
        assert!(PolynomialPlan::of(&[1.0]).is_err());
        assert!(PolynomialPlan::of(&[1.0, f64::NAN]).is_err());
    }
}
