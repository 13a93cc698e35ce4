//! One way of evaluating a plan, for ciphertexts and for what is predicted of them.

use super::super::switching::Pool;
use super::super::{Ciphertext, CkksError, CkksParameters, EvaluationKeys, Scale};
use super::plan::{NEGLIGIBLE, Node, PolynomialPlan};
use progress::Watch;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a polynomial is made with. Scales are exact, so equal scales are equal.
pub(super) trait Algebra {
    type Value;

    fn scale(&self, value: &Self::Value) -> Scale;

    /// `constant + sum_i weights[i] values[i]` at `scale` and `level`.
    fn sum(
        &mut self,
        terms: &[(f64, &Self::Value)],
        constant: f64,
        scale: &Scale,
        level: usize,
    ) -> Result<Self::Value, CkksError>;

    /// `sum + times a b`, neither relinearised nor rescaled; `times` is 1 or 2.
    fn add_product(
        &mut self,
        sum: Self::Value,
        times: usize,
        a: &Self::Value,
        b: &Self::Value,
    ) -> Result<Self::Value, CkksError>;

    /// Relinearised where needed, and divided by the last of `level` primes.
    fn finish(&mut self, value: Self::Value, level: usize) -> Result<Self::Value, CkksError>;
}

/// A plan, with what its coefficients are about to be multiplied with.
pub(super) struct Evaluation<'a, A: Algebra> {
    pub parameters: &'a CkksParameters,
    pub algebra: &'a mut A,
    /// `T_i` by index.
    pub powers: Vec<Option<A::Value>>,
}

impl<A: Algebra> Evaluation<'_, A> {
    /// `sum_i coefficients[i] T_i(x)` for `x` at `level`, at `scale` and as many levels lower as the
    /// plan says.
    pub(super) fn run(
        mut self,
        plan: &PolynomialPlan,
        coefficients: &[f64],
        x: A::Value,
        level: usize,
        scale: &Scale,
    ) -> Result<A::Value, CkksError> {
        let needed = plan.cost().levels;
        if level <= needed {
            let what = "a polynomial";
            return Err(CkksError::Level { what, needed: needed + 1, left: level });
        }
        self.powers = (0..=plan.degree()).map(|_| None).collect();
        self.powers[1] = Some(x);
        for power in &plan.powers {
            let (a, b) = (present(&self.powers, power.a)?, present(&self.powers, power.b)?);
            let here = level - power.index.next_power_of_two().ilog2() as usize + 1;
            let product_scale = self.algebra.scale(a).times(&self.algebra.scale(b));
            let sum = match power.a - power.b {
                0 => self.algebra.sum(&[], -1.0, &product_scale, here)?,
                difference => {
                    let term = (-1.0, present(&self.powers, difference)?);
                    self.algebra.sum(&[term], 0.0, &product_scale, here)?
                }
            };
            let sum = self.algebra.add_product(sum, 2, a, b)?;
            self.powers[power.index] = Some(self.algebra.finish(sum, here)?);
        }
        let last = level - needed + 1;
        let mut coefficients = coefficients.to_vec();
        coefficients.resize(plan.degree() + 1, 0.0);
        self.finished(&plan.root, &coefficients, last, scale)
    }

    /// The polynomial at `scale`, rescaled from `level` to the level below.
    fn finished(
        &mut self,
        node: &Node,
        coefficients: &[f64],
        level: usize,
        scale: &Scale,
    ) -> Result<A::Value, CkksError> {
        let prime = self.parameters.prime(level - 1);
        let before = Scale::power_of_two(0).over_integers([prime]);
        let sum = self.sum(node, coefficients, level, &scale.over(&before))?;
        self.algebra.finish(sum, level)
    }

    /// The polynomial at `scale` and `level`, not yet relinearised.
    fn sum(
        &mut self,
        node: &Node,
        coefficients: &[f64],
        level: usize,
        scale: &Scale,
    ) -> Result<A::Value, CkksError> {
        match node {
            Node::Sum => {
                let terms = self.powers.iter().zip(coefficients).skip(1);
                let terms: Vec<(f64, &A::Value)> = terms
                    .filter(|(_, c)| **c != 0.0)
                    .filter_map(|(power, c)| Some((*c, power.as_ref()?)))
                    .collect();
                let constant = coefficients.first().copied().unwrap_or(0.0);
                self.algebra.sum(&terms, constant, scale, level)
            }
            Node::Split { at, quotient, remainder } => {
                let (first, second) = divide(coefficients, *at);
                let scale_of_power = self.algebra.scale(present(&self.powers, *at)?);
                let quotient =
                    self.finished(quotient, &first, level + 1, &scale.over(&scale_of_power))?;
                let rest = self.sum(remainder, &second, level, scale)?;
                let power = present(&self.powers, *at)?;
                self.algebra.add_product(rest, 1, &quotient, power)
            }
        }
    }
}

fn present<V>(powers: &[Option<V>], index: usize) -> Result<&V, CkksError> {
    let missing = || CkksError::Polynomial { reason: format!("its plan lacks T_{index}") };
    powers.get(index).and_then(Option::as_ref).ok_or_else(missing)
}

/// Quotient and remainder by `T_at`, from `T_i = 2 T_{i-at} T_at - T_{|i-2at|}`.
fn divide(coefficients: &[f64], at: usize) -> (Vec<f64>, Vec<f64>) {
    let degree = coefficients.len() - 1;
    let mut quotient = vec![0.0; degree - at + 1];
    let left = (at - 1).max(degree.saturating_sub(2 * at));
    let mut remainder = coefficients[..at].to_vec();
    remainder.resize(left + 1, 0.0);
    quotient[0] = coefficients[at];
    for i in at + 1..=degree {
        quotient[i - at] = 2.0 * coefficients[i];
        remainder[i.abs_diff(2 * at)] -= coefficients[i];
    }
    (quotient, remainder)
}

/// Ciphertexts.
struct Encrypted<'a> {
    parameters: &'a CkksParameters,
    keys: &'a EvaluationKeys,
    pool: &'a Pool<'a>,
    watch: &'a Watch<'a>,
}

impl Algebra for Encrypted<'_> {
    type Value = Ciphertext;

    fn scale(&self, value: &Ciphertext) -> Scale {
        value.scale.clone()
    }

    fn sum(
        &mut self,
        terms: &[(f64, &Ciphertext)],
        constant: f64,
        scale: &Scale,
        level: usize,
    ) -> Result<Ciphertext, CkksError> {
        let (weights, values): (Vec<f64>, Vec<&Ciphertext>) = terms.iter().copied().unzip();
        let sum = match values.is_empty() {
            true => self.parameters.zero(2, level, scale.clone()),
            false => self.parameters.weighted_sum_at(&values, &weights, scale, level)?,
        };
        if constant == 0.0 { Ok(sum) } else { self.parameters.add_constant(sum, constant) }
    }

    fn add_product(
        &mut self,
        sum: Ciphertext,
        times: usize,
        a: &Ciphertext,
        b: &Ciphertext,
    ) -> Result<Ciphertext, CkksError> {
        self.parameters.add_products(sum, &[(a, b), (a, b)][..times])
    }

    fn finish(&mut self, value: Ciphertext, level: usize) -> Result<Ciphertext, CkksError> {
        self.watch.check()?;
        self.pool.finish(self.keys, value.at_level(level))
    }
}

impl EvaluationKeys {
    /// `sum_i coefficients[i] T_i(x)` for every `x` in `inputs`, in parallel over them: ciphertexts
    /// of two components and one level, whose messages are in [-1, 1]. Chebyshev polynomials `T_i`; the
    /// plan is [`PolynomialPlan::of`] the coefficients. Results are at `scale`, which may be chosen,
    /// and as many levels lower as the plan says.
    ///
    /// A power `T_2k` has the scale of `T_k` squared over a prime: start with a scale near the
    /// primes that are dropped.
    #[expect(clippy::too_many_arguments, reason = "one call, all of them different things")]
    pub fn evaluate_polynomial(
        &self,
        parameters: &CkksParameters,
        plan: &PolynomialPlan,
        coefficients: &[f64],
        inputs: Vec<Ciphertext>,
        scale: &Scale,
        watch: &Watch,
        what: &str,
    ) -> Result<Vec<Ciphertext>, CkksError> {
        let coefficients = plan.fit(coefficients)?;
        let pool = Pool::new(parameters, inputs.iter().map(Ciphertext::level).max().unwrap_or(1))?;
        let (done, total) = (AtomicU64::new(0), inputs.len() as u64);
        inputs
            .into_par_iter()
            .map(|x| {
                let level = x.level();
                let mut algebra = Encrypted { parameters, keys: self, pool: &pool, watch };
                let run = Evaluation { parameters, algebra: &mut algebra, powers: Vec::new() };
                let value = run.run(plan, &coefficients, x, level, scale)?;
                watch.step(what, done.fetch_add(1, Ordering::Relaxed) + 1, total)?;
                Ok(value)
            })
            .collect()
    }
}

impl PolynomialPlan {
    /// The coefficients that the plan has a place for.
    ///
    /// # Errors
    /// When one that is not negligible has none.
    pub(super) fn fit(&self, coefficients: &[f64]) -> Result<Vec<f64>, CkksError> {
        let fail = |reason: String| Err(CkksError::Polynomial { reason });
        if !coefficients.iter().all(|c| c.is_finite()) {
            return fail("a coefficient is not a finite number".into());
        }
        let largest = coefficients.iter().fold(0f64, |m, c| m.max(c.abs()));
        let mut fitted = coefficients.to_vec();
        for (i, c) in fitted.iter_mut().enumerate() {
            if i <= self.degree() && (i == 1 || self.parity().has(i)) {
                continue;
            }
            if c.abs() > largest * NEGLIGIBLE {
                let (degree, parity) = (self.degree(), self.parity());
                return fail(format!(
                    "it has a coefficient of T_{i}; its plan is for degree {degree}, {parity:?}"
                ));
            }
            *c = 0.0;
        }
        fitted.truncate(self.degree() + 1);
        Ok(fitted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ckks::Parity;
    use proptest::prelude::*;

    /// Plain numbers: what the plan computes, without any encryption.
    struct Plain {
        finished: usize,
        products: usize,
    }

    impl Algebra for Plain {
        type Value = (f64, usize);

        fn scale(&self, _: &(f64, usize)) -> Scale {
            Scale::power_of_two(40)
        }

        fn sum(
            &mut self,
            terms: &[(f64, &(f64, usize))],
            constant: f64,
            _: &Scale,
            level: usize,
        ) -> Result<(f64, usize), CkksError> {
            assert!(terms.iter().all(|(_, v)| v.1 >= level), "every term is still at that level");
            Ok((constant + terms.iter().map(|(w, v)| w * v.0).sum::<f64>(), level))
        }

        fn add_product(
            &mut self,
            sum: (f64, usize),
            times: usize,
            a: &(f64, usize),
            b: &(f64, usize),
        ) -> Result<(f64, usize), CkksError> {
            self.products += 1;
            assert!(a.1 >= sum.1 && b.1 >= sum.1);
            Ok((sum.0 + times as f64 * a.0 * b.0, sum.1))
        }

        fn finish(&mut self, v: (f64, usize), level: usize) -> Result<(f64, usize), CkksError> {
            assert!(v.1 >= level && level > 1);
            self.finished += 1;
            Ok((v.0, level - 1))
        }
    }

    proptest! {
        #[test]
        fn plans_compute_chebyshev_sums_with_what_they_say(
            degree in 1usize..64, x in -1.0f64..1.0, raw in prop::collection::vec(-1.0f64..1.0, 65),
            parity in prop::sample::select(vec![Parity::Full, Parity::Even, Parity::Odd])
        ) {
            let degree = match parity {
                Parity::Full => degree,
                Parity::Even => (degree & !1).max(2),
                Parity::Odd => degree | 1,
            };
            let mut c = raw[..=degree].to_vec();
            for (i, c) in c.iter_mut().enumerate() {
                let even = i % 2 == 0;
                if (parity == Parity::Even && !even && i != 1) || (parity == Parity::Odd && even) {
                    *c = 0.0;
                }
            }
            c[degree] = 0.7;
            let plan = PolynomialPlan::of(&c).unwrap();
            let cost = plan.cost();
            let parameters = super::super::super::tests::toy(&[40; 10], &[], 1);
            let mut plain = Plain { finished: 0, products: 0 };
            let run = Evaluation { parameters: &parameters, algebra: &mut plain, powers: Vec::new() };
            let level = cost.levels + 1;
            let fitted = plan.fit(&c).unwrap();
            let (value, left) =
                run.run(&plan, &fitted, (x, level), level, &Scale::power_of_two(40)).unwrap();
            prop_assert_eq!(left, 1);
            let angle = x.acos();
            let expected: f64 = c.iter().enumerate().map(|(i, c)| c * (i as f64 * angle).cos()).sum();
            prop_assert!((value - expected).abs() < 1e-10, "{} {}", value, expected);
            prop_assert_eq!(plain.products, cost.products);
            prop_assert_eq!(plain.finished, cost.relinearisations + cost.rescalings);
            let mut plain = Plain { finished: 0, products: 0 };
            let run = Evaluation { parameters: &parameters, algebra: &mut plain, powers: Vec::new() };
            let short = run.run(&plan, &fitted, (x, level), level - 1, &Scale::power_of_two(40));
            let refused = matches!(short, Err(CkksError::Level { .. }));
            prop_assert!(refused);
        }
    }

    #[test]
    fn coefficients_that_do_not_fit_the_plan_are_refused() {
        let plan = PolynomialPlan::new(3, Parity::Odd).unwrap();
        assert!(plan.fit(&[0.0, 1.0, 0.0, 2.0]).is_ok());
        assert_eq!(plan.fit(&[1e-20, 1.0, 0.0, 2.0]).unwrap()[0], 0.0);
        assert!(plan.fit(&[0.5, 1.0, 0.0, 2.0]).is_err());
        assert!(plan.fit(&[0.0, 1.0, 0.0, 2.0, 0.0, 1.0]).is_err());
        assert!(plan.fit(&[f64::INFINITY]).is_err());
        let full = PolynomialPlan::new(3, Parity::Full).unwrap();
        assert!(full.fit(&[0.0, 1.0, 0.0, 2.0]).is_ok());
    }
}
