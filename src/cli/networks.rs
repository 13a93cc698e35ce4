//! Which networks a run is about.

use format::excerpt;
use report::{NetworkReport, NetworksReport};

/// Hexadecimal digits of a digest that are shown.
const SHOWN: usize = 12;

/// One network: name, content, form.
pub(super) fn told(network: &NetworkReport) -> String {
    let digest: String = network.digest.chars().take(SHOWN).collect();
    format!("{} ({digest}), {}", excerpt(&network.name), network.form)
}

/// A row for the original, the reference and the encrypted network.
pub(super) fn rows(networks: &NetworksReport) -> Vec<(&'static str, String)> {
    vec![
        ("original", told(&networks.original)),
        ("reference", told(&networks.reference)),
        ("encrypted", told(&networks.encrypted)),
    ]
}
