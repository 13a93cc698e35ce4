//! The schemes for exact integers: what a circuit costs under each, its stages and its program.

mod bfv;
mod bgv;

use super::candidate::ExactScheme;
use super::plan::SchemeKind;

impl ExactScheme {
    /// That of its name; BGV where others are asked for, which carry no integers.
    pub fn of(scheme: SchemeKind) -> &'static Self {
        match scheme {
            SchemeKind::Bfv => &bfv::SCHEME,
            SchemeKind::Bgv | SchemeKind::Ckks | SchemeKind::Tfhe => &bgv::SCHEME,
        }
    }
}
