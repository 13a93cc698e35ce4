//! Why keys are refused.

/// Why keys are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    #[error(
        "weight {value} in row {row} of the {pass} pass; the policy allows -{max} to {max}: raise training.max_weight or lower training.weight_decimals"
    )]
    Weight { pass: &'static str, row: usize, value: i32, max: i32 },
    #[error(
        "{rows} distinct rows of the {pass} pass for one mini-batch; the policy allows {max}: with more the server could solve for the inputs (training.max_rows)"
    )]
    Rows { pass: &'static str, rows: usize, max: usize },
}
