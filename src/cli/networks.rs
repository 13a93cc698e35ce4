//! Which networks a run is about.

use crate::format::excerpt;
use crate::run::{NetworkReport, NetworksReport};

/// Hexadecimal digits of a digest that are shown.
const SHOWN: usize = 12;

/// A row for the original, the reference and the encrypted network.
pub(super) fn rows(networks: &NetworksReport) -> Vec<(&'static str, String)> {
    let told = |n: &NetworkReport| {
        let digest: String = n.digest.chars().take(SHOWN).collect();
        format!("{} ({digest}), {}", excerpt(&n.name), n.form)
    };
    vec![
        ("original", told(&networks.original)),
        ("reference", told(&networks.reference)),
        ("encrypted", told(&networks.encrypted)),
    ]
}
