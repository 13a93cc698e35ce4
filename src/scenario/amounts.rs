//! What a scenario asks for, held against its dataset and the program's limits.

use crate::error::RunError;
use crate::scenario::Scenario;
use data::Dataset;

/// Most worker threads.
const MAX_THREADS: usize = 256;

/// Samples of the test split that take part.
///
/// # Errors
/// When the scenario asks for none, or for more than there are.
pub fn images(scenario: &Scenario, dataset: &Dataset) -> Result<usize, RunError> {
    let all = dataset.test().len();
    match scenario.images {
        Some(n) if n == 0 || n > all => Err(RunError::Refused(format!(
            "images is {n}; the test split of {} has {all}, so 1 to {all} are possible",
            dataset.name()
        ))),
        given => Ok(given.unwrap_or(all)),
    }
}

/// Worker threads: as asked for, or one per core.
///
/// # Errors
/// When the scenario asks for none or too many.
pub fn threads(scenario: &Scenario) -> Result<usize, RunError> {
    match scenario.threads {
        Some(n) if n == 0 || n > MAX_THREADS => {
            Err(RunError::Refused(format!("threads is {n}; 1 to {MAX_THREADS} are possible")))
        }
        given => {
            Ok(given.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)))
        }
    }
}
