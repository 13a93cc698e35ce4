//! Key switching and rescaling: one division with one rounding.

use super::keys::{EvaluationKeys, SwitchKey, permute};
use super::{Ciphertext, CkksError, CkksParameters, Scale};
use progress::Watch;
use rayon::prelude::*;
use ring::{MixedRadix, Onto, RnsPoly};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Division, rounded to nearest, of polynomials of `level` primes by their last `drop` primes and,
/// after a key switch, by the special primes.
struct Division {
    /// Primes to divide by, as places in the basis: special ones, then the end of the chain.
    by: Vec<usize>,
    radix: MixedRadix,
    /// For each prime that stays: the remainder over the divisor, and the inverse of what is
    /// dropped from the chain.
    onto: Vec<(Onto, u64)>,
}

impl Division {
    /// Residues modulo primes of q are expected divided by P when there is a key switch.
    fn new(
        parameters: &CkksParameters,
        level: usize,
        drop: usize,
        key_switch: bool,
    ) -> Result<Self, CkksError> {
        let short = || CkksError::Level { what: "rescaling", needed: drop + 1, left: level };
        let kept = level.checked_sub(drop).filter(|kept| *kept > 0).ok_or_else(short)?;
        let special = if key_switch { parameters.special() } else { 0..0 };
        let by: Vec<usize> = special.clone().chain(kept..level).collect();
        let moduli: Vec<_> = by.iter().map(|j| parameters.modulus(*j)).collect();
        let special: Vec<u64> = special.map(|j| parameters.modulus(j).value()).collect();
        let product = |q: ring::Modulus, primes: &[u64]| {
            primes.iter().fold(1, |acc, p| q.mul(acc, q.reduce(*p)))
        };
        let chain = by.iter().filter(|j| **j < level).map(|j| parameters.prime(*j));
        let dropped: Vec<u64> = chain.collect();
        // Special residues come as they are, those of the chain divided by P.
        let factors: Vec<u64> = by
            .iter()
            .zip(&moduli)
            .map(|(j, q)| if *j < level { product(*q, &special) } else { 1 })
            .collect();
        let unfit = || CkksError::Moduli {
            chain: parameters.levels(),
            special: special.len(),
            digit_primes: parameters.digit_primes(),
            step: 4 * parameters.degree(),
        };
        let radix = MixedRadix::new(&moduli, &factors).ok_or_else(unfit)?;
        let onto = (0..kept)
            .map(|j| {
                let q = parameters.modulus(j);
                let inverse = q.inv(radix.product(q))?;
                Some((radix.onto(q, by.len(), inverse), q.inv(product(q, &dropped))?))
            })
            .collect::<Option<_>>()
            .ok_or_else(unfit)?;
        Ok(Self { by, radix, onto })
    }

    /// `special` holds the residues modulo the special primes, by evaluations; they are used up.
    fn apply(
        &self,
        parameters: &CkksParameters,
        component: &mut RnsPoly,
        special: &mut [Vec<u64>],
        scratch: &mut Scratch,
    ) {
        let (basis, kernel) = (parameters.basis(), parameters.kernel());
        let kept = self.onto.len();
        if self.by.is_empty() {
            return;
        }
        let Scratch { remainder, row, spare, .. } = scratch;
        remainder.resize_with(self.by.len(), || vec![0; basis.degree()]);
        for (i, (j, remainder)) in self.by.iter().zip(remainder.iter_mut()).enumerate() {
            match special.get_mut(i) {
                Some(special) => std::mem::swap(special, remainder),
                None => remainder.copy_from_slice(component.row(*j)),
            }
            basis.inverse(*j, remainder);
        }
        self.radix.digits(kernel, remainder, spare);
        component.truncate(kept);
        for (j, (onto, inverse)) in self.onto.iter().enumerate() {
            let q = parameters.modulus(j);
            onto.write(kernel, q, remainder, row);
            basis.forward(j, row);
            kernel.scale_sub(q, component.row_mut(j), *inverse, row, 1);
        }
    }
}

/// Buffers of one thread.
struct Scratch {
    /// Coefficients of the polynomial whose key is switched, prime by prime, then its digits.
    coefficients: Vec<Vec<u64>>,
    /// Its digits modulo one prime, by evaluations.
    digits: Vec<Vec<u64>>,
    /// Both components modulo the special primes.
    special: [Vec<Vec<u64>>; 2],
    remainder: Vec<Vec<u64>>,
    row: Vec<u64>,
    spare: Vec<u64>,
}

impl Scratch {
    fn new(parameters: &CkksParameters) -> Self {
        let rows = |count: usize| vec![vec![0u64; parameters.degree()]; count];
        let special = parameters.special().len();
        Self {
            coefficients: rows(parameters.levels()),
            digits: rows(parameters.digits(parameters.levels())),
            special: [rows(special), rows(special)],
            remainder: Vec::new(),
            row: vec![0; parameters.degree()],
            spare: vec![0; parameters.degree()],
        }
    }
}

impl SwitchKey {
    /// Adds to `components`, divided by P except for the residues modulo special primes, what `source`
    /// times the other secret is under this one.
    fn add_switched(
        &self,
        parameters: &CkksParameters,
        source: &RnsPoly,
        components: &mut [RnsPoly],
        scratch: &mut Scratch,
    ) {
        let (basis, kernel, level) = (parameters.basis(), parameters.kernel(), source.primes());
        let Scratch { coefficients, digits, special, spare, .. } = scratch;
        for (i, row) in coefficients.iter_mut().enumerate().take(level) {
            row.copy_from_slice(source.row(i));
            basis.inverse(i, row);
        }
        let count = parameters.digits(level);
        for d in 0..count {
            let rows = &mut coefficients[parameters.digit(d, level)];
            parameters.digit_radix(d).digits(kernel, rows, spare);
        }
        for target in (0..level).chain(parameters.special()) {
            let q = parameters.modulus(target);
            for (d, row) in digits.iter_mut().enumerate().take(count) {
                let own = parameters.digit(d, level);
                if !own.contains(&target) {
                    let onto = parameters.digit_onto(d, own.len(), target);
                    onto.write(kernel, q, &coefficients[own], row);
                    basis.forward(target, row);
                }
            }
            let digit = |d: usize| match parameters.digit(d, level).contains(&target) {
                true => source.row(target),
                false => digits[d].as_slice(),
            };
            let keys = self.digits.iter().enumerate().take(count);
            let bodies: Vec<_> = keys.clone().map(|(d, k)| (digit(d), k.0.row(target))).collect();
            let masks: Vec<_> = keys.map(|(d, k)| (digit(d), k.1.row(target))).collect();
            let outputs = components.iter_mut().zip(special.iter_mut());
            for ((component, special), pairs) in outputs.zip([bodies, masks]) {
                let row = match target.checked_sub(parameters.levels()) {
                    None => component.row_mut(target),
                    Some(at) => {
                        special[at].fill(0);
                        special[at].as_mut_slice()
                    }
                };
                kernel.dot(q, row, &pairs);
            }
        }
    }
}

/// What is done to ciphertexts of one level, on its way to all of them.
struct Switcher<'a> {
    parameters: &'a CkksParameters,
    /// After a key switch, and without one.
    divisions: [Division; 2],
    dropped: Vec<u64>,
}

impl<'a> Switcher<'a> {
    fn new(parameters: &'a CkksParameters, level: usize, drop: usize) -> Result<Self, CkksError> {
        let division = |key_switch| Division::new(parameters, level, drop, key_switch);
        let divisions = [division(true)?, division(false)?];
        let dropped = (level - drop..level).map(|j| parameters.prime(j)).collect();
        Ok(Self { parameters, divisions, dropped })
    }

    /// Adds `source` times the other secret of `key`, then divides.
    fn run(
        &self,
        mut ciphertext: Ciphertext,
        switched: Option<(&SwitchKey, RnsPoly)>,
        scratch: &mut Scratch,
    ) -> Ciphertext {
        let parameters = self.parameters;
        let division = &self.divisions[usize::from(switched.is_none())];
        if let Some((key, source)) = &switched {
            key.add_switched(parameters, source, &mut ciphertext.components, scratch);
        }
        let mut special = match switched {
            Some(_) => std::mem::take(&mut scratch.special),
            None => Default::default(),
        };
        for (component, special) in ciphertext.components.iter_mut().zip(&mut special) {
            division.apply(parameters, component, special, scratch);
        }
        // A third component stays only where there is no key switch.
        for component in ciphertext.components.iter_mut().skip(2) {
            division.apply(parameters, component, &mut [], scratch);
        }
        if switched.is_some() {
            scratch.special = special;
        }
        ciphertext.scale = ciphertext.scale.over_integers(self.dropped.iter().copied());
        ciphertext
    }
}

/// Relinearisation and rescaling by one prime, at any level, for circuits that go through several.
pub(super) struct Pool<'a> {
    parameters: &'a CkksParameters,
    /// By level, from 2.
    switchers: Vec<Switcher<'a>>,
    scratch: Mutex<Vec<Scratch>>,
}

impl<'a> Pool<'a> {
    /// For ciphertexts of at most `level` primes.
    pub(super) fn new(parameters: &'a CkksParameters, level: usize) -> Result<Self, CkksError> {
        let switchers = (2..=level).map(|level| Switcher::new(parameters, level, 1));
        let switchers = switchers.collect::<Result<_, _>>()?;
        Ok(Self { parameters, switchers, scratch: Mutex::default() })
    }

    /// Relinearised, if of three components, and divided by the last prime.
    pub(super) fn finish(
        &self,
        keys: &EvaluationKeys,
        mut ciphertext: Ciphertext,
    ) -> Result<Ciphertext, CkksError> {
        let level = ciphertext.level();
        let short = CkksError::Level { what: "rescaling", needed: 2, left: level };
        let at = level.checked_sub(2).and_then(|at| self.switchers.get(at));
        let switcher = at.ok_or(short)?;
        let free = self.scratch.lock().ok().and_then(|mut pool| pool.pop());
        let mut scratch = free.unwrap_or_else(|| Scratch::new(self.parameters));
        let square = (ciphertext.components() == 3).then(|| ciphertext.components.pop()).flatten();
        let switched = square.map(|square| (&keys.relinearisation, square));
        let ciphertext = switcher.run(ciphertext, switched, &mut scratch);
        if let Ok(mut pool) = self.scratch.lock() {
            pool.push(scratch);
        }
        Ok(ciphertext)
    }
}

/// Applies `f` to all ciphertexts, which must be of one level, in parallel.
fn for_all(
    parameters: &CkksParameters,
    ciphertexts: Vec<Ciphertext>,
    drop: usize,
    watch: &Watch,
    what: &str,
    f: impl Fn(&Switcher, Ciphertext, &mut Scratch) -> Ciphertext + Sync,
) -> Result<Vec<Ciphertext>, CkksError> {
    let Some(level) = ciphertexts.iter().map(Ciphertext::level).min() else {
        return Ok(ciphertexts);
    };
    let switcher = Switcher::new(parameters, level, drop)?;
    let (done, total) = (AtomicU64::new(0), ciphertexts.len() as u64);
    ciphertexts
        .into_par_iter()
        .map_init(
            || Scratch::new(parameters),
            |scratch, ciphertext| {
                watch.check()?;
                let ciphertext = f(&switcher, ciphertext.at_level(level), scratch);
                watch.step(what, done.fetch_add(1, Ordering::Relaxed) + 1, total)?;
                Ok(ciphertext)
            },
        )
        .collect()
}

impl CkksParameters {
    /// Messages as they are, at another scale and at a level below theirs: the modulus of `level + 1`
    /// primes, multiplied by an integer and divided by the last prime. Beside the rounding of that
    /// division, the integer's own is nothing.
    pub fn carry(
        &self,
        ciphertexts: Vec<Ciphertext>,
        scale: &Scale,
        level: usize,
        watch: &Watch,
        what: &str,
    ) -> Result<Vec<Ciphertext>, CkksError> {
        let left = ciphertexts.iter().map(Ciphertext::level).min().unwrap_or(level + 1);
        if level == 0 || level >= left {
            return Err(CkksError::Level { what: "a carried value", needed: level + 1, left });
        }
        let prime = Scale::integer(self.prime(level)).unwrap_or(Scale::power_of_two(0));
        let raised = scale.times(&prime);
        let multiplied = |c: Ciphertext| {
            watch.check()?;
            self.weighted_sum(&[&c.at_level(level + 1)], &[1.0], &raised)
        };
        let all: Vec<_> =
            ciphertexts.into_par_iter().map(multiplied).collect::<Result<_, CkksError>>()?;
        self.rescale(all, 1, watch, what)
    }

    /// Transforms of one prime that a key switch with the division by `drop` primes takes: the
    /// polynomial to coefficients, its digits to all other primes, and for each component what is divided
    /// by to coefficients and back to the primes that stay.
    pub fn switch_transforms(&self, level: usize, drop: usize) -> usize {
        let special = self.special().len();
        let raised = (0..self.digits(level)).map(|d| level + special - self.digit(d, level).len());
        let by = special + drop;
        let divided = if by == 0 { 0 } else { 2 * (by + level - drop) };
        level + raised.sum::<usize>() + divided
    }

    /// Divides ciphertexts by their last `drop` primes at once, rounded to nearest, in parallel;
    /// all are brought to the lowest of their levels first. Scales are divided by the same primes.
    /// `what` names the work to `watch`.
    pub fn rescale(
        &self,
        ciphertexts: Vec<Ciphertext>,
        drop: usize,
        watch: &Watch,
        what: &str,
    ) -> Result<Vec<Ciphertext>, CkksError> {
        for_all(self, ciphertexts, drop, watch, what, |switcher, ciphertext, scratch| {
            switcher.run(ciphertext, None, scratch)
        })
    }
}

impl EvaluationKeys {
    /// Makes two components of three and divides by the last `drop` primes, in one step with one
    /// rounding, in parallel; all ciphertexts are brought to the lowest of their levels first.
    /// Those of two components, or of three with a last one of zero, are only rescaled. `what` names the work to `watch`.
    pub fn relinearise_and_rescale(
        &self,
        parameters: &CkksParameters,
        ciphertexts: Vec<Ciphertext>,
        drop: usize,
        watch: &Watch,
        what: &str,
    ) -> Result<Vec<Ciphertext>, CkksError> {
        for_all(parameters, ciphertexts, drop, watch, what, |switcher, mut ciphertext, scratch| {
            let square =
                (ciphertext.components() == 3).then(|| ciphertext.components.pop()).flatten();
            // A carried message has no square of the secret in it.
            let square = square.filter(|square| !square.is_zero());
            let switched = square.map(|square| (&self.relinearisation, square));
            switcher.run(ciphertext, switched, scratch)
        })
    }

    /// Slot `k` of each result is slot `k + steps` (modulo N) of the ciphertext, which must have two
    /// components; divides by the last `drop` primes in the same step.
    pub fn rotate(
        &self,
        parameters: &CkksParameters,
        ciphertexts: Vec<Ciphertext>,
        steps: i64,
        drop: usize,
        watch: &Watch,
        what: &str,
    ) -> Result<Vec<Ciphertext>, CkksError> {
        if let Some(c) = ciphertexts.iter().find(|c| c.components() != 2) {
            return Err(CkksError::Components {
                what: "rotation",
                expected: "2",
                found: c.components(),
            });
        }
        if steps.rem_euclid(parameters.degree() as i64) == 0 {
            return parameters.rescale(ciphertexts, drop, watch, what);
        }
        let rotation = self.rotation(parameters.degree(), steps)?;
        for_all(parameters, ciphertexts, drop, watch, what, |switcher, mut ciphertext, scratch| {
            let zero = RnsPoly::zero(parameters.degree(), ciphertext.level());
            let turned = |component: &RnsPoly| permute(component, &rotation.permutation);
            ciphertext.components = ciphertext.components.iter().map(turned).collect();
            let mask = ciphertext.components.pop().map(|mask| (&rotation.key, mask));
            ciphertext.components.push(zero);
            switcher.run(ciphertext, mask, scratch)
        })
    }
}
