//! What protects the samples of an encrypted training, and what it costs: each way is trained with, and
//! what the server saw of it attacked.
//!
//! The trainings run in plaintext fixed point, whose integers are those of the encrypted training one by
//! one; so are the weights, the accuracy, and everything the server sees.

use crate::table::{Cell, Column, Row, Study};
use attack::{LeakOptions, Score, ServerStep, ServerView, labels, reconstruct};
use progress::{Cancel, Watch};
use scenario::TrainingRequest;
use serde::{Deserialize, Serialize};
use training::{
    Arithmetic, CryptonnError, CryptonnTraining, ModelReplica, PlainSteps, Prepared,
    TrainingIdentity, pool, test_accuracy,
};

/// Version of the report's layout.
pub const MITIGATION_SCHEMA_VERSION: u32 = 1;

/// Standard deviations of noise that are tried, in normalised inputs.
const NOISE: [f64; 3] = [0.1, 0.3, 1.0];

/// A way to protect the samples: a training with other settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Mitigation {
    pub name: String,
    pub choice: TrainingRequest,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MitigationRow {
    pub name: String,
    pub training: TrainingRequest,
    /// Epochs that were trained; fewer than asked for under a limit.
    pub epochs: usize,
    /// Share of the test samples classified as labelled.
    pub accuracy: f64,
    /// The attack with everything the server saw: products and gradients, bounded least squares.
    pub attack: Score,
    /// The same by somebody who knows similar data, where samples are small enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_similar_data: Option<Score>,
    /// Share of the labels that were read off.
    pub labels_read: f64,
}

/// All ways side by side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MitigationReport {
    pub schema_version: u32,
    pub cryptoscope_version: String,
    pub scenario: String,
    pub model: String,
    pub dataset: String,
    pub seed: u64,
    /// Samples attacked, how many they are told apart from, and the share hit by chance.
    pub samples: usize,
    pub pool: usize,
    pub chance: f64,
    /// Error of guessing the average sample.
    pub mean_guess_error: f64,
    pub rows: Vec<MitigationRow>,
    /// Ways not tried to their end, because the comparison was stopped.
    #[serde(default)]
    pub rows_left: usize,
}

/// What is told while the ways are tried.
#[derive(Clone, Debug)]
pub enum MitigationEvent {
    /// Way `row` of `of` is at work, and the share of it that is done.
    Doing {
        row: usize,
        of: usize,
        name: String,
        fraction: f64,
    },
    Row(Box<MitigationRow>),
}

/// Ways around `base`, whose first layer has `units` units and whose steps take `rows` rows on a
/// mini-batch: nothing at all first, then each mitigation alone, then some together.
fn ways(base: &TrainingRequest, units: usize, rows: usize) -> Vec<Mitigation> {
    let plain = TrainingRequest { units: None, noise: 0.0, max_rows: None, ..base.clone() };
    let way = |name: String, choice: TrainingRequest| Mitigation { name, choice };
    let fewer = |share: usize| (units / share).max(1);
    // Rows of a step with so many units.
    let of_units = |count: usize| rows / units.max(1) * count;
    let with = |units: Option<usize>, uses: Option<usize>, noise: f64| {
        let max_rows = uses.map(|uses| uses * units.map_or(rows, of_units));
        TrainingRequest { units, max_rows, noise, ..plain.clone() }
    };
    let mut all = vec![way("none".to_owned(), plain.clone())];
    for count in [fewer(2), fewer(4), fewer(8)] {
        all.push(way(format!("{count} units"), with(Some(count), None, 0.0)));
    }
    for uses in [2, 1] {
        let choice = with(None, Some(uses), 0.0);
        let limit = choice.max_rows.unwrap_or(0);
        all.push(way(format!("limit {limit}"), choice));
    }
    for noise in NOISE {
        all.push(way(format!("noise {noise}"), with(None, None, noise)));
    }
    let few = fewer(4);
    let limit = of_units(few);
    all.push(way(format!("{few} units, limit {limit}"), with(Some(few), Some(1), 0.0)));
    let noise = NOISE[1];
    let name = format!("{few} units, limit {limit}, noise {noise}");
    all.push(way(name, with(Some(few), Some(1), noise)));
    all.dedup_by(|a, b| a.choice == b.choice);
    if base != &plain && all.iter().all(|way| way.choice != *base) {
        all.push(way("as set up".to_owned(), base.clone()));
    }
    all
}

/// The ways to protect the samples that are compared for this training.
///
/// # Errors
/// When the model does not fit the data.
pub fn mitigations(base: &CryptonnTraining<'_>) -> Result<Vec<Mitigation>, CryptonnError> {
    let plain = TrainingRequest { units: None, max_rows: None, ..base.choice.clone() };
    let Prepared { network, batches, schedule, .. } =
        CryptonnTraining { choice: &plain, ..*base }.prepare()?;
    let units = ModelReplica::new(&network, &batches, &plain)?.units();
    Ok(ways(base.choice, units, schedule.rows_per_step()))
}

/// Trains with each way and attacks what the server saw.
///
/// # Errors
/// When one cannot be trained. When `cancel` is set, the rows that are finished stay.
pub fn compare_mitigations(
    base: &CryptonnTraining<'_>,
    cancel: &Cancel,
    on_event: &mut dyn FnMut(MitigationEvent),
) -> Result<MitigationReport, CryptonnError> {
    let ways = mitigations(base)?;
    let identity = TrainingIdentity::of(base);
    let mut report = MitigationReport {
        schema_version: MITIGATION_SCHEMA_VERSION,
        cryptoscope_version: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: identity.scenario,
        model: identity.model,
        dataset: identity.dataset,
        seed: base.seed,
        ..MitigationReport::default()
    };
    for (at, way) in ways.iter().enumerate() {
        let mut doing = |fraction| {
            let (row, of, name) = (at, ways.len(), way.name.clone());
            on_event(MitigationEvent::Doing { row, of, name, fraction });
        };
        let training = CryptonnTraining { choice: &way.choice, ..*base };
        let row = match mitigated(&training, &way.name, &mut report, cancel, &mut doing) {
            Err(CryptonnError::Cancelled(_)) => {
                report.rows_left = ways.len() - at;
                break;
            }
            row => row?,
        };
        on_event(MitigationEvent::Row(Box::new(row.clone())));
        report.rows.push(row);
    }
    Ok(report)
}

fn mitigated(
    base: &CryptonnTraining<'_>,
    name: &str,
    report: &mut MitigationReport,
    cancel: &Cancel,
    doing: &mut dyn FnMut(f64),
) -> Result<MitigationRow, CryptonnError> {
    let Prepared { network, batches, schedule, .. } = base.prepare()?;
    let choice = base.choice;
    let mut replica = ModelReplica::new(&network, &batches, choice)?;
    let recorded = schedule.recorded();
    let mut view = ServerView {
        encoding: batches.encoding().clone(),
        label_scale: choice.output_scale() as i64,
        steps: Vec::new(),
    };
    let mut step = 0;
    for epoch in 0..schedule.epochs() {
        for batch in schedule.order(epoch) {
            cancel.check()?;
            doing(step as f64 / schedule.steps().max(1) as f64);
            let mut secure = PlainSteps::new(&batches);
            let arithmetic = Arithmetic::Integers(&mut secure);
            let rate = schedule.rate(step);
            let result = replica.step(&batches, batch, choice, rate, arithmetic)?;
            if recorded.contains(&batch) {
                view.steps.push(ServerStep { step, epoch, ..result.seen });
            }
            step += 1;
        }
    }
    let watch = Watch::new(cancel.clone(), &|_| {});
    let accuracy = test_accuracy(&replica, base.dataset, Some(choice), &watch)?;
    let pool = pool(&network, base.dataset, choice, &batches, &recorded);
    let score = |similar: bool| -> Result<Score, CryptonnError> {
        let settings = LeakOptions { similar, ..LeakOptions::default() };
        let mut scores = Vec::new();
        for batch in &recorded {
            let known = pool.background.as_ref();
            let found = reconstruct(&view, *batch, usize::MAX, &settings, known, cancel)?;
            scores.extend(found.map(|found| pool.score(&found)));
        }
        Ok(Score::mean(&scores))
    };
    let attack = score(false)?;
    let with_similar_data = pool.background.is_some().then(|| score(true)).transpose()?;
    let truth = &base.dataset.train().labels;
    let read = labels(&view, usize::MAX);
    report.samples = recorded.iter().map(|b| batches.members(*b).len()).sum();
    report.pool = pool.indices.len();
    report.chance = 1.0 / pool.indices.len().max(1) as f64;
    report.mean_guess_error = pool.mean_guess_error();
    Ok(MitigationRow {
        name: name.to_owned(),
        training: choice.clone(),
        epochs: schedule.epochs(),
        accuracy,
        attack,
        with_similar_data,
        labels_read: read.right(|sample| truth.get(sample).copied()),
    })
}

fn error(score: &Score) -> Cell {
    Cell::number(score.mean_squared_error, format!("{:.4}", score.mean_squared_error))
}

fn identified(score: &Score) -> Cell {
    Cell::number(score.identified, format::percent(score.identified))
}

impl Row for MitigationRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::asked("mitigation", "Mitigation", |r: &Self| Some(Cell::words(&r.name))).about(
            "What the training was done with: units of the first layer, the authority's limit of distinct rows on a mini-batch, noise on inputs",
        ),
        Column::found("epochs", "Epochs", |r: &Self| Some(Cell::count(r.epochs as u64)))
            .about("Trained before the authority's limit ended it"),
        Column::found("accuracy", "Accuracy", |r: &Self| {
            Some(Cell::number(r.accuracy, format::percent(r.accuracy)))
        })
        .about("Share of the test samples classified as labelled: what it costs"),
        Column::found("mean_squared_error", "Error", |r: &Self| Some(error(&r.attack))).about(
            "Mean squared error of a reconstructed input, in units of its range squared",
        ),
        Column::found("identified", "Identified", |r: &Self| Some(identified(&r.attack)))
            .about("Reconstructions nearer to their own sample than to any other"),
        Column::found("mean_squared_error_similar_data", "Error*", |r: &Self| {
            r.with_similar_data.as_ref().map(error)
        })
        .about("The same by somebody who knows similar data: their mean and how values vary together"),
        Column::found("identified_similar_data", "Identified*", |r: &Self| {
            r.with_similar_data.as_ref().map(identified)
        })
        .about("The same by somebody who knows similar data"),
        Column::found("labels_read", "Labels read", |r: &Self| {
            Some(Cell::number(r.labels_read, format::percent(r.labels_read)))
        })
        .about("Labels that were read off"),
    ];

    fn name(&self) -> String {
        self.name.clone()
    }

    fn refusal(&self) -> Option<&str> {
        None
    }

    /// Nothing is decrypted.
    fn is_right(&self) -> bool {
        true
    }
}

impl Study for MitigationReport {
    type Row = MitigationRow;

    fn rows(&self) -> &[MitigationRow] {
        &self.rows
    }

    fn rows_left(&self) -> usize {
        self.rows_left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_is_trained_with_and_attacked() {
        let dataset = data::open("digits", None).unwrap();
        let choice = TrainingRequest {
            epochs: 6,
            batch: 30,
            samples: Some(300),
            learning_rate: 1e-2,
            ..TrainingRequest::default()
        };
        let training = CryptonnTraining {
            scenario: "cryptonn",
            model: "cryptonn",
            dataset: &dataset,
            choice: &choice,
            seed: 1,
        };
        let mut told = 0;
        let report = compare_mitigations(&training, &Cancel::default(), &mut |event| {
            told += usize::from(matches!(event, MitigationEvent::Row(_)));
        })
        .unwrap();
        assert_eq!((told, report.rows.len()), (11, 11));
        let row = |name: &str| report.rows.iter().find(|r| r.name == name).unwrap();
        let none = row("none");
        assert_eq!((none.attack.identified, none.labels_read), (1.0, 1.0));
        assert!(none.accuracy > 0.7, "{none:?}");
        // A limit of one use leaves one epoch; noise costs accuracy and puts a floor under the error.
        let limit = row("limit 32");
        assert_eq!(limit.epochs, 1);
        assert!(limit.accuracy < none.accuracy, "{limit:?}");
        let noise = row("noise 1");
        assert!(noise.accuracy < none.accuracy, "{noise:?}");
        assert!(noise.attack.mean_squared_error > 0.1, "{noise:?}");
        let all = row("8 units, limit 8, noise 0.3");
        assert!(all.attack.identified < 0.5 && all.epochs == 1, "{all:?}");
        assert_eq!(report.to_csv().lines().count(), 12);
        let cancel = Cancel::default();
        cancel.cancel();
        let stopped = compare_mitigations(&training, &cancel, &mut |_| {}).unwrap();
        assert_eq!((stopped.rows.len(), stopped.rows_left), (0, 11));
        // Stopped after the second row: the two stay.
        let (cancel, mut rows) = (Cancel::default(), 0);
        let stopped = compare_mitigations(&training, &cancel, &mut |event| {
            rows += usize::from(matches!(event, MitigationEvent::Row(_)));
            if rows == 2 {
                cancel.cancel();
            }
        });
        let stopped = stopped.unwrap();
        assert_eq!(stopped.rows, report.rows[..2]);
        assert_eq!(stopped.rows_left, 9);
    }
}
