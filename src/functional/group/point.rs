//! Eight points of the curve `-x^2 + y^2 = 1 + d x^2 y^2` at a time.
//!
//! Formulas: Hisil, Wong, Carter and Dawson 2008, "Twisted Edwards curves revisited", eprint 2008/522,
//! sections 3.1 and 3.3 (complete, so that no input is special).

use super::field::{Fe, ONE, Stored, TWO_D, ZERO};
use ring::kernels::octet::{LIMBS, Octet};

/// Eight points, projective: `x = X/Z`, `y = Y/Z`, `xy = T/Z`.
#[derive(Clone, Copy)]
pub struct Point<W> {
    pub x: Fe<W>,
    pub y: Fe<W>,
    pub z: Fe<W>,
    pub t: Fe<W>,
}

/// Eight points in the form in which sums are kept: `Y + X`, `Y - X`, `Z`, `T`.
#[derive(Clone, Copy)]
pub struct Sum<W> {
    plus: Fe<W>,
    minus: Fe<W>,
    z: Fe<W>,
    t: Fe<W>,
}

/// Eight points to be added: `y + x`, `y - x`, `2 d x y`.
#[derive(Clone, Copy)]
pub struct Addend<W> {
    pub plus: Fe<W>,
    pub minus: Fe<W>,
    pub t2d: Fe<W>,
}

/// `Sum` in memory.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct StoredSum([Stored; 4]);

/// `Addend` in memory.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct StoredAddend([Stored; 3]);

impl StoredSum {
    pub const BLANK: Self = Self([Stored::ZERO; 4]);
}

impl StoredAddend {
    pub const BLANK: Self = Self([Stored::ZERO; 3]);
}

/// What every addition ends in: `X = EF, Y = GH, Z = FG, T = EH`.
#[inline(always)]
fn complete<W: Octet>(e: Fe<W>, f: Fe<W>, g: Fe<W>, h: Fe<W>) -> Sum<W> {
    let (x, y) = (e.times(f), g.times(h));
    Sum { plus: y.add(x).carry(), minus: y.sub(x).carry(), z: f.mul(g), t: e.mul(h) }
}

impl<W: Octet> Sum<W> {
    #[inline(always)]
    pub fn identity() -> Self {
        let (zero, one) = (Fe::constant(ZERO), Fe::constant(ONE));
        Self { plus: one, minus: one, z: one, t: zero }
    }

    #[inline(always)]
    pub fn load(stored: &StoredSum) -> Self {
        let [plus, minus, z, t] = &stored.0;
        Self { plus: Fe::load(plus), minus: Fe::load(minus), z: Fe::load(z), t: Fe::load(t) }
    }

    #[inline(always)]
    pub fn store(self, stored: &mut StoredSum) {
        let [plus, minus, z, t] = &mut stored.0;
        self.plus.store(plus);
        self.minus.store(minus);
        self.z.store(z);
        self.t.store(t);
    }

    /// `self + q`: seven products.
    #[inline(always)]
    pub fn add(self, q: Addend<W>) -> Self {
        let (a, b) = (self.minus.times(q.minus), self.plus.times(q.plus));
        let c = self.t.times(q.t2d);
        let d = self.z.wide().add(self.z.wide());
        complete(b.sub(a).carry(), d.sub(c).carry(), d.add(c).carry(), b.add(a).carry())
    }

    /// `self - q`.
    #[inline(always)]
    pub fn sub(self, q: Addend<W>) -> Self {
        let (a, b) = (self.minus.times(q.plus), self.plus.times(q.minus));
        let c = self.t.times(q.t2d);
        let d = self.z.wide().add(self.z.wide());
        complete(b.sub(a).carry(), d.add(c).carry(), d.sub(c).carry(), b.add(a).carry())
    }

    /// Sum of two sums: nine products.
    #[inline(always)]
    pub fn add_sum(self, q: Self) -> Self {
        let (a, b) = (self.minus.times(q.minus), self.plus.times(q.plus));
        let c = self.t.mul(q.t).times(Fe::constant(TWO_D));
        let d = self.z.times(q.z);
        let d = d.add(d);
        complete(b.sub(a).carry(), d.sub(c).carry(), d.add(c).carry(), b.add(a).carry())
    }

    #[inline(always)]
    pub fn double(self) -> Self {
        // (2X, 2Y, 2Z) are as good as (X, Y, Z).
        let (x, y) = (self.plus.sub(self.minus), self.plus.add(self.minus));
        let z = self.z.add(self.z);
        let (xx, yy) = (x.squared(), y.squared());
        let zz = z.squared();
        let sum = yy.add(xx);
        let h = sum.carry();
        let g = yy.sub(xx).carry();
        // E = (X + Y)^2 - X^2 - Y^2, and with signs turned X = E F, Y = G (-H) ...
        let e = x.add(y).squared().sub(sum).carry();
        let f = zz.add(zz).carry().sub(g);
        complete(e, f, g, h)
    }

    #[inline(always)]
    pub fn point(self) -> Point<W> {
        let (x, y) = (self.plus.sub(self.minus), self.plus.add(self.minus));
        Point { x, y, z: self.z.add(self.z), t: self.t.add(self.t) }
    }
}

impl<W: Octet> Addend<W> {
    /// The point with these affine coordinates.
    #[inline(always)]
    pub fn from_affine(x: Fe<W>, y: Fe<W>) -> Self {
        Self { plus: y.add(x), minus: y.sub(x), t2d: x.mul(y).mul(Fe::constant(TWO_D)) }
    }

    #[inline(always)]
    pub fn load(stored: &StoredAddend) -> Self {
        let [plus, minus, t2d] = &stored.0;
        Self { plus: Fe::load(plus), minus: Fe::load(minus), t2d: Fe::load(t2d) }
    }

    #[inline(always)]
    pub fn store(self, stored: &mut StoredAddend) {
        let [plus, minus, t2d] = &mut stored.0;
        self.plus.store(plus);
        self.minus.store(minus);
        self.t2d.store(t2d);
    }

    /// The negative in the lanes where `mask` is all ones.
    #[inline(always)]
    pub fn negated_where(self, mask: W) -> Self {
        Self {
            plus: self.plus.select(self.minus, mask),
            minus: self.minus.select(self.plus, mask),
            t2d: self.t2d.select(self.t2d.neg(), mask),
        }
    }
}

impl StoredAddend {
    /// The point in one lane.
    pub fn lane(&self, lane: usize) -> [[u64; LIMBS]; 3] {
        self.0.each_ref().map(|coordinate| coordinate.0.map(|words| words[lane]))
    }

    /// Puts a point into one lane.
    #[inline(always)]
    pub fn set_lane(&mut self, lane: usize, point: &[[u64; LIMBS]; 3]) {
        for (coordinate, limbs) in self.0.iter_mut().zip(point) {
            for (words, limb) in coordinate.0.iter_mut().zip(limbs) {
                words[lane] = *limb;
            }
        }
    }
}
