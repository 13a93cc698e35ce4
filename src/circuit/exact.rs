//! The schemes for exact integers, by name.

use super::candidate::ExactScheme;
use super::plan::SchemeKind;
use super::{planner_bfv, planner_bgv};

impl ExactScheme {
    /// That of its name; BGV where others are asked for, which carry no integers.
    pub fn of(scheme: SchemeKind) -> &'static Self {
        match scheme {
            SchemeKind::Bfv => &planner_bfv::SCHEME,
            SchemeKind::Bgv | SchemeKind::Ckks | SchemeKind::Tfhe => &planner_bgv::SCHEME,
        }
    }
}
