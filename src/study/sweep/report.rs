//! A finished sweep, and its table as CSV.

use super::row::SweepRow;
use crate::table::{Cell, Column, Row, Study};
use activation::Activation;
use scenario::Setup;
use serde::{Deserialize, Serialize};

/// Version of the fields of [`SweepReport`].
pub const SWEEP_SCHEMA_VERSION: u32 = 3;

/// Everything one sweep found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SweepReport {
    pub schema_version: u32,
    pub cryptoscope_version: String,
    pub scenario: String,
    pub model: String,
    pub dataset: String,
    /// Test samples that accuracies are taken on.
    pub images: usize,
    pub seed: u64,
    /// Name of the function that is approximated.
    pub function: String,
    /// Accuracy of the network with the exact function; NaN, in JSON `null`, where it is not known.
    #[serde(with = "format::number::known")]
    pub exact_accuracy: f64,
    /// What was swept, as it can be opened again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<Box<Setup>>,
    pub rows: Vec<SweepRow>,
    /// Rows asked for and not done, because the sweep was stopped.
    #[serde(default)]
    pub rows_left: usize,
}

impl Study for SweepReport {
    type Row = SweepRow;

    fn rows(&self) -> &[SweepRow] {
        &self.rows
    }

    fn rows_left(&self) -> usize {
        self.rows_left
    }
}

/// A part of a row, where it is known.
fn of<T: Copy>(part: Option<T>, cell: impl FnOnce(T) -> Cell) -> Option<Cell> {
    part.map(cell)
}

fn error(value: f64) -> Cell {
    Cell::number(value, format!("{value:.2e}"))
}

impl Row for SweepRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::asked("method", "Method", |r| Some(Cell::number(r.method.id(), r.method.name()))),
        Column::asked("degree", "Degree", |r| Some(Cell::count(r.degree as u64))),
        Column::asked("interval", "Interval", |r| {
            let text = r.interval_text();
            Some(Cell::number(text.replace('±', "+-"), text))
        }),
        Column::asked("degree_reached", "", |r| Some(Cell::count(r.fit.as_ref()?.degree as u64))),
        Column::asked("depth", "Depth", |r| Some(Cell::count(r.fit.as_ref()?.depth as u64))),
        Column::asked("error_max", "Max error", |r| Some(error(r.fit.as_ref()?.error_max))),
        Column::asked("error_mean_square", "", |r| Some(error(r.fit.as_ref()?.error_mean_square))),
        Column::asked("error_weighted", "", |r| r.fit.as_ref()?.error_weighted.map(error)),
        Column::asked("accuracy", "Reference", |r| {
            of(r.replaced, |a| Cell::share(a.accuracy, r.images))
        }),
        Column::asked("agreement", "", |r| of(r.replaced, |a| Cell::share(a.agreement, r.images))),
        Column::asked("samples_outside", "Outside", |r| {
            of(r.replaced, |a| Cell::share(a.samples_outside, r.images))
        }),
        Column::asked("trained_accuracy", "Trained", |r| {
            of(r.trained, |a| Cell::share(a.accuracy, r.images))
        }),
        Column::asked("trained_samples_outside", "", |r| {
            of(r.trained, |a| Cell::share(a.samples_outside, r.images))
        }),
        Column::asked("scheme", "Scheme", |r: &Self| {
            of(r.predicted, |c| Cell::words(c.scheme.name()))
        })
        .about("The scheme of the setup that the row was made with"),
        Column::asked("ring_degree", "N", |r: &Self| {
            of(r.predicted, |c| Cell::words(c.ring_degree.to_string()))
        })
        .about("Ring degree: slots of a ciphertext, the smallest that is secure with this modulus"),
        Column::asked("log2_q", "log2 q", |r: &Self| of(r.predicted, |c| Cell::bits(c.log2_q)))
            .about("Bits of the ciphertext modulus"),
        Column::asked("security_bits", "", |r| {
            of(r.predicted, |c| Cell::count(c.security_bits.into()))
        }),
        Column::asked("predicted_latency_secs", "Predicted", |r| {
            of(r.predicted, |c| Cell::secs(c.latency_secs))
        }),
        Column::asked("predicted_margin_bits", "Noise", |r| {
            of(r.predicted, |c| Cell::bits(c.margin_bits))
        }),
        Column::asked("predicted_upload_bytes", "Upload", |r: &Self| {
            of(r.predicted, |c| Cell::bytes(c.upload_bytes))
        })
        .about("Bytes from client to server, all samples"),
        Column::asked("predicted_evaluation_key_bytes", "Keys", |r: &Self| {
            of(r.predicted, |c| Cell::bytes(c.evaluation_key_bytes))
        })
        .about("Bytes of the evaluation keys, sent to the server once"),
        Column::asked("predicted_peak_memory_bytes", "Memory", |r: &Self| {
            of(r.predicted, |c| Cell::bytes(c.peak_memory_bytes))
        })
        .about("Peak memory of the run"),
        Column::found("encrypted_accuracy", "Encrypted", |r| {
            of(r.encrypted, |e| Cell::share(e.accuracy, r.images))
        }),
        Column::found("encrypted_agreement", "", |r| {
            of(r.encrypted, |e| Cell::share(e.agreement, r.images))
        }),
        Column::found("wrong_outputs", "Wrong", |r| {
            of(r.encrypted, |e| Cell::count(e.wrong_outputs))
        }),
        Column::found("latency_secs", "Measured", |r| {
            of(r.encrypted, |e| Cell::secs(e.latency_secs))
        }),
        Column::found("margin_bits", "Noise", |r| r.encrypted?.margin_bits.map(Cell::bits)),
        Column::found("upload_bytes", "", |r| of(r.encrypted, |e| Cell::bytes(e.upload_bytes))),
        Column::asked("refusal", "", |r| r.refusal.clone().map(Cell::words)),
        Column::asked("images", "", |r| Some(Cell::count(r.images as u64))),
        Column::found("encrypted_reference_accuracy", "", |r| {
            of(r.encrypted, |e| Cell::share(e.reference_accuracy, r.images))
        }),
        Column::found("evaluation_key_bytes", "", |r| {
            of(r.encrypted, |e| Cell::bytes(e.evaluation_key_bytes))
        }),
        Column::found("peak_memory_bytes", "", |r| {
            of(r.encrypted, |e| Cell::bytes(e.peak_memory_bytes))
        }),
        Column::asked("function", "Function", |r: &Self| {
            let own = || "own".to_owned();
            Some(Cell::words(r.function.as_ref().map_or_else(own, Activation::name)))
        })
        .about("The function that is approximated; own: that of each layer"),
        Column::asked("original_accuracy", "Original", |r: &Self| {
            Some(Cell::share(r.original, r.images))
        })
        .about("Accuracy of the network with the exact function, in the clear"),
        Column::asked("polynomial", "", |r| r.own.as_ref().map(|p| Cell::words(p.to_string()))),
        Column::asked("levels", "Levels", |r: &Self| {
            of(r.predicted, |c| Cell::count(c.levels as u64))
        })
        .about("Levels that squares and polynomials of the whole network use up"),
    ];

    fn name(&self) -> String {
        let function = self.function.as_ref().map_or(String::new(), |f| format!(" {}", f.name()));
        format!("{} {} {}{function}", self.method.name(), self.degree, self.interval_text())
    }

    fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    fn is_right(&self) -> bool {
        self.encrypted.is_none_or(|run| run.right)
    }

    fn is_empty(&self) -> bool {
        self.replaced.is_none()
    }
}
