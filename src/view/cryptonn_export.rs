//! What is saved of an encrypted training and of what the server learned from it.

use super::cryptonn::CryptonnView;
use super::leak::{Attack, LeakView};
use serde_json::json;

/// One line per epoch, units in the column names.
pub fn epochs_csv(view: &CryptonnView) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record([
        "epoch",
        "encrypted_accuracy",
        "fixed_point_accuracy",
        "plain_accuracy",
        "fixed_point_identical",
        "secs",
    ])?;
    for e in &view.epochs {
        out.write_record([
            e.epoch.to_string(),
            e.accuracy.encrypted.to_string(),
            e.accuracy.fixed_point.to_string(),
            e.accuracy.float.to_string(),
            e.fixed_point_identical.to_string(),
            e.secs.to_string(),
        ])?;
    }
    out.into_inner().map_err(|e| e.into_error().into())
}

/// One line per attack and number of steps seen.
pub fn leak_csv(view: &LeakView) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record([
        "attack",
        "steps_seen",
        "mean_squared_error",
        "identified",
        "certain",
        "known_share",
    ])?;
    for (name, attack) in [("all_seen", &view.open), ("mitigated", &view.limited)] {
        for p in attack.curve.iter().flat_map(|c| &c.points) {
            out.write_record([
                name.to_owned(),
                p.steps.to_string(),
                p.score.mean_squared_error.to_string(),
                p.score.identified.to_string(),
                p.score.certain.to_string(),
                p.score.known_share.to_string(),
            ])?;
        }
    }
    out.into_inner().map_err(|e| e.into_error().into())
}

/// Everything that is shown of both.
pub fn json(training: &CryptonnView, leak: &LeakView) -> Result<Vec<u8>, serde_json::Error> {
    let attack = |a: &Attack| {
        json!({
            "curve": a.curve,
            "samples": a.found.as_ref().map(|f| &f.samples),
            "reconstructed": a.found.as_ref().map(|f| &f.values),
        })
    };
    let loss: Vec<_> =
        training.loss.iter().map(|(step, loss)| json!({ "step": step, "loss": loss })).collect();
    serde_json::to_vec_pretty(&json!({
        "epochs": training.epochs,
        "loss": loss,
        "phases_secs": training.phases,
        "traffic": training.traffic,
        "discrete_logs": training.dlog,
        "leak": {
            "steps_seen": leak.seen(),
            "labels": leak.labels,
            "all_seen": attack(&leak.open),
            "mitigated": attack(&leak.limited),
        },
    }))
}
