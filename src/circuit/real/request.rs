//! What is to be planned for CKKS.

use super::network::RealNetwork;
use crate::request::Constraints;
use progress::Cancel;
use std::sync::Arc;

/// A network to be planned for CKKS.
#[derive(Clone, Copy, Debug)]
pub struct RealRequest<'a> {
    pub network: &'a Arc<RealNetwork>,
    /// Inputs of whole samples, normalised.
    pub calibration: &'a [f64],
    /// Decrypted outputs further than this from those of the network are wrong.
    pub error_bound: f64,
    /// Whether that was asked for, in bits.
    pub is_asked: bool,
    pub images: usize,
    pub threads: usize,
    pub constraints: Constraints,
    /// Asks the planner to stop.
    pub cancel: &'a Cancel,
}

/// Samples whose largest error parameters are chosen for, at least: a plan must hold for the one
/// sample that lies out, whoever asks for it alone.
const LEAST_COUNTED: usize = 1000;

/// How many samples errors are counted for when `images` take part.
pub(super) fn counted(images: usize) -> usize {
    images.max(LEAST_COUNTED)
}
