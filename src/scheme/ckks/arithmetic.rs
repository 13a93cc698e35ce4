//! What needs no key: sums, constants, plaintexts, products into three components.

use super::{Ciphertext, CkksError, CkksParameters, Scale};
use ring::{Modulus, RnsPoly};

/// An encoded vector, to be added to ciphertexts or multiplied with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plaintext {
    poly: RnsPoly,
    scale: Scale,
}

impl CkksParameters {
    /// `values` in slots (missing ones are 0) at `scale`, for ciphertexts of at most `level` primes.
    pub fn plaintext(
        &self,
        values: &[f64],
        scale: &Scale,
        level: usize,
    ) -> Result<Plaintext, CkksError> {
        let coefficients = self.encode(values, scale)?;
        let level = level.clamp(1, self.levels());
        Ok(Plaintext { poly: self.basis().lift(&coefficients, level), scale: scale.clone() })
    }

    /// `sum_i coefficients[i] ciphertexts[i]` at `scale`, and at the lowest of their levels. Each
    /// coefficient becomes an integer at the ratio of `scale` to the ciphertext's own, so scales
    /// may differ; that rounding is the whole of the error, at most half of `1 / ratio` relative to
    /// the ciphertext's message.
    ///
    /// Coefficients that are missing leave their ciphertexts out.
    ///
    /// # Errors
    /// Without ciphertexts, or when a ratio is out of range.
    pub fn weighted_sum(
        &self,
        ciphertexts: &[&Ciphertext],
        coefficients: &[f64],
        scale: &Scale,
    ) -> Result<Ciphertext, CkksError> {
        let level = ciphertexts.iter().map(|c| c.level()).min();
        let level = level.ok_or(CkksError::Level { what: "a sum", needed: 1, left: 0 })?;
        self.weighted_sum_at(ciphertexts, coefficients, scale, level)
    }

    /// The same at a level that is no higher than theirs.
    pub(super) fn weighted_sum_at(
        &self,
        ciphertexts: &[&Ciphertext],
        coefficients: &[f64],
        scale: &Scale,
        level: usize,
    ) -> Result<Ciphertext, CkksError> {
        let components = ciphertexts.iter().map(|c| c.components()).max().unwrap_or(2);
        let weights = ciphertexts
            .iter()
            .zip(coefficients)
            .map(|(c, x)| integer(*x, &scale.over(&c.scale)))
            .collect::<Result<Vec<f64>, _>>()?;
        let mut sum = self.zero(components, level, scale.clone());
        for (at, component) in sum.components.iter_mut().enumerate() {
            for (j, row) in component.rows_mut().enumerate() {
                let q = self.modulus(j);
                let terms = ciphertexts.iter().zip(&weights);
                let terms = terms.filter_map(|(c, w)| Some((c.components.get(at)?.row(j), *w)));
                let (rows, weights): (Vec<_>, Vec<_>) =
                    terms.map(|(row, w)| (row, residue(q, w))).unzip();
                self.kernel().affine(q, &rows, &weights, 0, row);
            }
        }
        Ok(sum)
    }

    /// `a + b`; scales must be equal, levels and numbers of components may differ.
    pub fn add(&self, a: &Ciphertext, b: &Ciphertext) -> Result<Ciphertext, CkksError> {
        same_scale(&a.scale, &b.scale)?;
        self.weighted_sum(&[a, b], &[1.0, 1.0], &a.scale)
    }

    /// `sum + term` in the place of `sum`; scales, levels and numbers of components must be equal.
    pub fn add_to(&self, mut sum: Ciphertext, term: &Ciphertext) -> Result<Ciphertext, CkksError> {
        same_scale(&sum.scale, &term.scale)?;
        if (sum.components(), sum.level()) != (term.components(), term.level()) {
            return Err(CkksError::Segment { inputs: 2, components: term.components() });
        }
        for (component, term) in sum.components.iter_mut().zip(&term.components) {
            for (j, row) in component.rows_mut().enumerate() {
                let q = self.modulus(j);
                row.iter_mut().zip(term.row(j)).for_each(|(w, t)| *w = q.add(*w, *t));
            }
        }
        Ok(sum)
    }

    /// `a - b`; scales must be equal, levels and numbers of components may differ.
    pub fn subtract(&self, a: &Ciphertext, b: &Ciphertext) -> Result<Ciphertext, CkksError> {
        same_scale(&a.scale, &b.scale)?;
        self.weighted_sum(&[a, b], &[1.0, -1.0], &a.scale)
    }

    /// Adds `constant` to every slot, rounded to a multiple of one over the scale.
    pub fn add_constant(
        &self,
        mut ciphertext: Ciphertext,
        constant: f64,
    ) -> Result<Ciphertext, CkksError> {
        let constant = integer(constant, &ciphertext.scale)?;
        for (j, row) in ciphertext.components[0].rows_mut().enumerate() {
            let q = self.modulus(j);
            let c = residue(q, constant);
            row.iter_mut().for_each(|w| *w = q.add(*w, c));
        }
        Ok(ciphertext)
    }

    /// Adds a plaintext; scales must be equal.
    pub fn add_plaintext(
        &self,
        mut ciphertext: Ciphertext,
        plaintext: &Plaintext,
    ) -> Result<Ciphertext, CkksError> {
        same_scale(&ciphertext.scale, &plaintext.scale)?;
        plaintext.check_level(&ciphertext)?;
        for (j, row) in ciphertext.components[0].rows_mut().enumerate() {
            let q = self.modulus(j);
            row.iter_mut().zip(plaintext.poly.row(j)).for_each(|(w, p)| *w = q.add(*w, *p));
        }
        Ok(ciphertext)
    }

    /// Multiplies slot by slot with a plaintext; scales multiply.
    pub fn multiply_plaintext(
        &self,
        ciphertext: &Ciphertext,
        plaintext: &Plaintext,
    ) -> Result<Ciphertext, CkksError> {
        plaintext.check_level(ciphertext)?;
        let scale = ciphertext.scale.times(&plaintext.scale);
        let mut out = self.zero(ciphertext.components(), ciphertext.level(), scale);
        for (component, out) in ciphertext.components.iter().zip(&mut out.components) {
            for (j, row) in out.rows_mut().enumerate() {
                let pair = (component.row(j), plaintext.poly.row(j));
                self.kernel().dot(self.modulus(j), row, &[pair]);
            }
        }
        tame(out)
    }

    /// Multiplies with an integer; the scale stays.
    pub fn multiply_integer(
        &self,
        ciphertext: &Ciphertext,
        factor: i64,
    ) -> Result<Ciphertext, CkksError> {
        self.weighted_sum(&[ciphertext], &[factor as f64], &ciphertext.scale)
    }

    /// Multiplies the message with `factor`, which is not 0, by dividing the scale by it: exact, and
    /// it costs nothing; a negative factor changes the sign of all words too.
    pub fn rescale_message(
        &self,
        mut ciphertext: Ciphertext,
        factor: f64,
    ) -> Result<Ciphertext, CkksError> {
        let by = Scale::of(factor.abs());
        let by = by.ok_or_else(|| CkksError::Scale { scale: format!("divided by {factor}") })?;
        if factor < 0.0 {
            ciphertext = self.multiply_integer(&ciphertext, -1)?;
        }
        ciphertext.scale = ciphertext.scale.over(&by);
        tame(ciphertext)
    }

    /// `a b` in three components, at the lower of their levels; both must have two components. Scales multiply.
    pub fn multiply(&self, a: &Ciphertext, b: &Ciphertext) -> Result<Ciphertext, CkksError> {
        let zero = self.zero(3, a.level().min(b.level()), a.scale.times(&b.scale));
        self.add_products(zero, &[(a, b)])
    }

    /// `sum + a_0 b_0 + a_1 b_1 + ...` in three components, at the lowest of all levels; factors must have
    /// two components, and products the scale of `sum`.
    pub fn add_products(
        &self,
        sum: Ciphertext,
        factors: &[(&Ciphertext, &Ciphertext)],
    ) -> Result<Ciphertext, CkksError> {
        let mut terms: [Vec<(&RnsPoly, &RnsPoly)>; 3] = Default::default();
        let mut level = sum.level();
        for (a, b) in factors {
            same_scale(&sum.scale, &a.scale.times(&b.scale))?;
            level = level.min(a.level()).min(b.level());
            let ((a0, a1), (b0, b1)) = (two_parts(a)?, two_parts(b)?);
            terms[0].push((a0, b0));
            terms[1].extend([(a0, b1), (a1, b0)]);
            terms[2].push((a1, b1));
        }
        let mut sum = tame(sum.at_level(level))?;
        sum.components.resize_with(3, || RnsPoly::zero(self.degree(), level));
        for (component, terms) in sum.components.iter_mut().zip(&terms) {
            for (j, row) in component.rows_mut().enumerate() {
                let pairs: Vec<_> = terms.iter().map(|(a, b)| (a.row(j), b.row(j))).collect();
                self.kernel().dot(self.modulus(j), row, &pairs);
            }
        }
        Ok(sum)
    }

    /// `a^2` in three components; `a` must have two. The scale is squared.
    pub fn square(&self, a: &Ciphertext) -> Result<Ciphertext, CkksError> {
        self.multiply(a, a)
    }

    pub(super) fn zero(&self, components: usize, level: usize, scale: Scale) -> Ciphertext {
        Ciphertext { components: vec![RnsPoly::zero(self.degree(), level); components], scale }
    }
}

impl Plaintext {
    /// Scale of the values.
    pub fn scale(&self) -> &Scale {
        &self.scale
    }

    fn check_level(&self, ciphertext: &Ciphertext) -> Result<(), CkksError> {
        let (needed, left) = (ciphertext.level(), self.poly.primes());
        let short = CkksError::Level { what: "a plaintext operand", needed, left };
        if left < needed { Err(short) } else { Ok(()) }
    }
}

fn two_parts(c: &Ciphertext) -> Result<(&RnsPoly, &RnsPoly), CkksError> {
    match c.components.as_slice() {
        [a, b] => Ok((a, b)),
        components => {
            Err(CkksError::Components { what: "a product", expected: "2", found: components.len() })
        }
    }
}

fn same_scale(left: &Scale, right: &Scale) -> Result<(), CkksError> {
    if left == right {
        return Ok(());
    }
    Err(CkksError::ScaleMismatch { left: left.to_string(), right: right.to_string() })
}

pub(super) fn tame(ciphertext: Ciphertext) -> Result<Ciphertext, CkksError> {
    if ciphertext.scale.is_tame() {
        return Ok(ciphertext);
    }
    Err(CkksError::Scale { scale: ciphertext.scale.to_string() })
}

/// The integer nearest to `x scale`.
pub(super) fn integer(x: f64, scale: &Scale) -> Result<f64, CkksError> {
    let product = (x * scale.value()).round();
    // Beyond 2^512 nothing is left that could hold it.
    if product.abs() <= 2f64.powi(512) {
        return Ok(product);
    }
    Err(CkksError::TooLarge { scale: scale.to_string() })
}

/// An integer in floating point modulo `q`.
pub(super) fn residue(q: Modulus, x: f64) -> u64 {
    let bits = x.abs().to_bits();
    let exponent = (bits >> 52) as i32 - 1075;
    let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
    let magnitude = match u64::try_from(exponent) {
        Ok(up) => q.mul(q.reduce(mantissa), q.pow(2, up)),
        // An integer below 2^53: the shifted-out bits are zero.
        Err(_) => q.reduce(x.abs() as u64),
    };
    if x < 0.0 { q.neg(magnitude) } else { magnitude }
}
