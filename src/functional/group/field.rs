//! Eight elements of `GF(2^255 - 19)` at a time.
//!
//! Every operation takes the same time whatever the elements are.

use ring::kernels::octet::{LIMB_BITS, LIMBS, OCTET, Octet, each_limb};

/// Eight elements as they lie in memory: `limbs[k][lane]` has weight `2^(51 k)`.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug)]
pub struct Stored(pub [[u64; OCTET]; LIMBS]);

impl Stored {
    pub const ZERO: Self = Self([[0; OCTET]; LIMBS]);
}

/// Eight elements in registers, limbs below `2^52`.
#[derive(Clone, Copy)]
pub struct Fe<W>([W; LIMBS]);

/// Sums and differences of products, not yet carried: limbs below `2^64`.
#[derive(Clone, Copy)]
pub struct Wide<W>([W; LIMBS]);

const MASK: u64 = (1 << LIMB_BITS) - 1;

/// `2^11 p`: above every limb of a product, so that differences stay positive.
const BIAS: [u64; LIMBS] = [(MASK - 18) << 11, MASK << 11, MASK << 11, MASK << 11, MASK << 11];

/// Limbs of a constant.
pub type Limbs = [u64; LIMBS];

pub const ZERO: Limbs = [0; LIMBS];
pub const ONE: Limbs = [1, 0, 0, 0, 0];
/// `d = -121665/121666` of the curve `-x^2 + y^2 = 1 + d x^2 y^2`.
pub const D: Limbs =
    [929955233495203, 466365720129213, 1662059464998953, 2033849074728123, 1442794654840575];
pub const TWO_D: Limbs =
    [1859910466990425, 932731440258426, 1072319116312658, 1815898335770999, 633789495995903];
pub const SQRT_M1: Limbs =
    [1718705420411056, 234908883556509, 2233514472574048, 2117202627021982, 765476049583133];
/// `1 / sqrt(-1 - d)`.
pub const INVSQRT_A_MINUS_D: Limbs =
    [278908739862762, 821645201101625, 8113234426968, 1777959178193151, 2118520810568447];

impl<W: Octet> Fe<W> {
    #[inline(always)]
    pub fn constant(limbs: Limbs) -> Self {
        Self(each_limb!(K => W::splat(limbs[K])))
    }

    #[inline(always)]
    pub fn load(stored: &Stored) -> Self {
        Self(each_limb!(K => W::load(&stored.0[K])))
    }

    #[inline(always)]
    pub fn store(self, stored: &mut Stored) {
        for (limb, words) in self.0.into_iter().zip(&mut stored.0) {
            limb.store(words);
        }
    }

    #[inline(always)]
    pub fn stored(self) -> Stored {
        let mut stored = Stored::ZERO;
        self.store(&mut stored);
        stored
    }

    /// Product, to be added to others before it is carried.
    #[inline(always)]
    pub fn times(self, other: Self) -> Wide<W> {
        Wide(W::multiply(&self.0, &other.0))
    }

    #[inline(always)]
    pub fn mul(self, other: Self) -> Self {
        self.times(other).carry()
    }

    #[inline(always)]
    pub fn squared(self) -> Wide<W> {
        Wide(W::square(&self.0))
    }

    #[inline(always)]
    pub fn square(self) -> Self {
        self.squared().carry()
    }

    /// `self^(2^count)`.
    #[inline(always)]
    pub fn square_times(self, count: usize) -> Self {
        let mut power = self;
        for _ in 0..count {
            power = power.square();
        }
        power
    }

    #[inline(always)]
    pub fn wide(self) -> Wide<W> {
        Wide(self.0)
    }

    #[inline(always)]
    pub fn add(self, other: Self) -> Self {
        self.wide().add(other.wide()).carry()
    }

    #[inline(always)]
    pub fn sub(self, other: Self) -> Self {
        self.wide().sub(other.wide()).carry()
    }

    #[inline(always)]
    pub fn neg(self) -> Self {
        Self::constant(ZERO).sub(self)
    }

    /// `other` in the lanes where `mask` is all ones, `self` where it is zero.
    #[inline(always)]
    pub fn select(self, other: Self, mask: W) -> Self {
        Self(each_limb!(K => self.0[K].xor(self.0[K].xor(other.0[K]).and(mask))))
    }

    /// The limbs where `mask` is all ones, else zero.
    #[inline(always)]
    pub fn masked(self, mask: W) -> Self {
        Self(each_limb!(K => self.0[K].and(mask)))
    }

    /// Bitwise or of limbs, for gathering masked choices.
    #[inline(always)]
    pub fn or(self, other: Self) -> Self {
        Self(each_limb!(K => self.0[K].or(other.0[K])))
    }

    /// The limbs of the numbers in `0..p`.
    #[inline(always)]
    pub fn canonical(self) -> [W; LIMBS] {
        let [a, b, c, d, e] = self.wide().carry().0;
        let mask = W::splat(MASK);
        // The number is below 2p: is it p or more?
        let mut over = a.add(W::splat(19)).shr::<LIMB_BITS>();
        for limb in [b, c, d, e] {
            over = limb.add(over).shr::<LIMB_BITS>();
        }
        let times_19 = over.add(over.shl::<1>()).add(over.shl::<4>());
        let mut carry = times_19;
        let mut limbs = [a, b, c, d, e];
        for limb in &mut limbs {
            let sum = limb.add(carry);
            carry = sum.shr::<LIMB_BITS>();
            *limb = sum.and(mask);
        }
        limbs
    }

    /// All ones where the number in `0..p` is odd ("negative").
    #[inline(always)]
    pub fn is_negative(self) -> W {
        W::splat(0).sub(self.canonical()[0].and(W::splat(1)))
    }

    /// All ones where the element is zero.
    #[inline(always)]
    pub fn is_zero(self) -> W {
        let [a, b, c, d, e] = self.canonical();
        let any = a.or(b).or(c).or(d).or(e);
        // Limbs are below 2^51: the borrow of 0 - 1 reaches the top bit.
        W::splat(0).sub(any.sub(W::splat(1)).shr::<63>())
    }

    /// The element or its negative, whichever is even.
    #[inline(always)]
    pub fn abs(self) -> Self {
        self.select(self.neg(), self.is_negative())
    }

    /// `self^(2^250 - 1)` and `self^11`.
    #[inline(always)]
    fn power_250(self) -> (Self, Self) {
        let two = self.square();
        let nine = self.mul(two.square_times(2));
        let eleven = two.mul(nine);
        let ones_5 = nine.mul(eleven.square());
        let ones_10 = ones_5.square_times(5).mul(ones_5);
        let ones_20 = ones_10.square_times(10).mul(ones_10);
        let ones_40 = ones_20.square_times(20).mul(ones_20);
        let ones_50 = ones_40.square_times(10).mul(ones_10);
        let ones_100 = ones_50.square_times(50).mul(ones_50);
        let ones_200 = ones_100.square_times(100).mul(ones_100);
        (ones_200.square_times(50).mul(ones_50), eleven)
    }

    /// `1/self`, and 0 for 0.
    #[inline(always)]
    pub fn invert(self) -> Self {
        let (power, eleven) = self.power_250();
        power.square_times(5).mul(eleven)
    }

    /// `self^((p - 5)/8)`.
    #[inline(always)]
    pub fn power_p58(self) -> Self {
        self.power_250().0.square_times(2).mul(self)
    }

    /// The non-negative square root of `1/self` and all ones where there is one; otherwise that of
    /// `SQRT_M1/self`. RFC 9496, section 4.2, with numerator 1.
    #[inline(always)]
    pub fn invsqrt(self) -> (W, Self) {
        let one = Self::constant(ONE);
        let i = Self::constant(SQRT_M1);
        let cube = self.square().mul(self);
        let seventh = cube.square().mul(self);
        let root = cube.mul(seventh.power_p58());
        let check = self.mul(root.square());
        let correct = check.sub(one).is_zero();
        let flipped = check.add(one).is_zero();
        let flipped_i = check.add(i).is_zero();
        let root = root.select(root.mul(i), flipped.or(flipped_i));
        (correct.or(flipped), root.abs())
    }
}

impl<W: Octet> Wide<W> {
    #[inline(always)]
    pub fn carry(self) -> Fe<W> {
        Fe(W::carry(&self.0))
    }

    /// Sum; at most two products are added up before they are carried.
    #[inline(always)]
    pub fn add(self, other: Self) -> Self {
        Self(each_limb!(K => self.0[K].add(other.0[K])))
    }

    /// Difference; `other` is one product, or two added.
    #[inline(always)]
    pub fn sub(self, other: Self) -> Self {
        Self(each_limb!(K => self.0[K].add(W::splat(BIAS[K])).sub(other.0[K])))
    }
}

/// Inverts `elements` in place, octet by octet along the slice with one inversion for all; zeros stay.
#[inline(always)]
pub fn invert_all<W: Octet>(elements: &mut [Stored], scratch: &mut Vec<Stored>) {
    scratch.clear();
    let one = Fe::<W>::constant(ONE);
    let mut product = one;
    for element in elements.iter() {
        scratch.push(product.stored());
        let element = Fe::<W>::load(element);
        product = product.mul(element.select(one, element.is_zero()));
    }
    let mut inverse = product.invert();
    for (element, before) in elements.iter_mut().zip(scratch.iter()).rev() {
        let value = Fe::<W>::load(element);
        let zero = value.is_zero();
        let out = inverse.mul(Fe::load(before));
        out.select(value, zero).store(element);
        inverse = inverse.mul(value.select(one, zero));
    }
}
